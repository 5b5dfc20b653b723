//! The pages, by path.

mod application;
mod certificates;
mod create;
mod desk;
mod hand_out;
mod list;
mod publications;
mod review;
mod scans;
mod sheets;
mod statistics;
mod upload;

use operations::Refusal;
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};

/// The application that a part of a path names.
pub(crate) fn id(part: &str) -> Result<ApplicationId, Refusal> {
    ApplicationId::parse(part).ok_or(Refusal::NotFound)
}

/// The page of a path.
pub(crate) async fn page(context: &Context<'_>, parts: &[&str]) -> Result<Page, Refusal> {
    match parts {
        [] => desk::page(context).await,
        ["applications"] => list::page(context).await,
        ["applications", "new"] => create::page(context).await,
        ["occupations"] => create::occupations(context).await,
        ["applications", one] => application::page(context, id(one)?).await,
        ["applications", one, "upload"] => upload::page(context, id(one)?).await,
        ["applications", one, "materials"] => scans::page(context, id(one)?).await,
        ["applications", one, "review"] => review::page(context, id(one)?).await,
        ["certificates"] => certificates::page(context).await,
        ["sheets"] => sheets::page(context).await,
        ["sheets", "ledger"] => sheets::ledger(context).await,
        ["publications"] => publications::page(context).await,
        ["publications", applicant, number] => publications::batch(context, applicant, number).await,
        ["hand-out"] => hand_out::page(context).await,
        ["hand-out", one] => hand_out::winners(context, id(one)?).await,
        ["statistics"] => statistics::page(context).await,
        _ => Err(Refusal::NotFound),
    }
}

/// The part of the menu that a path belongs to.
pub(crate) fn here(parts: &[&str]) -> Menu {
    match parts {
        ["applications", "new", ..] | ["occupations", ..] => Menu::Create,
        ["applications", ..] => Menu::Applications,
        ["certificates", ..] => Menu::Certificates,
        ["sheets", ..] => Menu::Sheets,
        ["publications", ..] => Menu::Publications,
        ["hand-out", ..] => Menu::HandOut,
        ["statistics", ..] => Menu::Statistics,
        _ => Menu::Desk,
    }
}
