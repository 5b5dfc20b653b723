//! The stack and the command.
