//! The built-in layouts, for tests.

use rules::notice::Notices;
use rules::notice::layout::Layout;
use rules::values::vocabulary::{CertificateType, Form};

/// # Panics
/// Where a notice in `infra/notices/` is unsound.
pub(crate) fn layout(form: Form) -> Layout {
    let notices = Notices::built_in().expect("notices");
    notices.general().layout(CertificateType::SkillLevel, form).expect("a layout").clone()
}
