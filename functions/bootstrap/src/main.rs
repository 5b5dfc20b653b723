//! The executable of all functions: which of them a process is, the template's `Handler` says (docs/decisions/0014).

use lambda_runtime::{Error, tracing};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    // Lambda hands the template's `Handler` over in this variable.
    let handler = std::env::var("_HANDLER").map_err(|_| "_HANDLER is not set: this executable is started by AWS Lambda")?;
    match handler.as_str() {
        "archive" => archive::run().await,
        "console" => console::run().await,
        "issue" => issue::run().await,
        "print" => print::run().await,
        "publish" => publish::run().await,
        "reconcile" => reconcile::run().await,
        "register" => register::run().await,
        "restore" => restore::run().await,
        "review" => review::run().await,
        "tally" => tally::run().await,
        "validate" => validate::run().await,
        "verify" => verify::run().await,
        unknown => Err(format!("Handler: {unknown}: no such function").into()),
    }
}
