//! The pages, by path.

mod application;
mod certificates;
mod create;
mod desk;
mod hand_out;
mod list;
mod photos;
mod publications;
mod review;
mod roster;
mod scans;
mod sheets;
mod statistics;
mod upload;

pub(crate) use create::TypedEvent;
use operations::Refusal;
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};
use crate::fields::Fields;
use crate::reply::File;

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
        ["applications", one] => application::page(context, id(one)?).await,
        ["applications", one, "contest"] => create::correct(context, id(one)?).await,
        ["applications", one, "upload"] => upload::page(context, id(one)?).await,
        ["applications", one, "roster"] => roster::page(context, id(one)?).await,
        ["applications", one, "photos"] => photos::page(context, id(one)?).await,
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

/// Whether what was sent asks for a page and for nothing to be done: what is looked for stands in no address.
pub(crate) fn only_shows(parts: &[&str], form: &Fields) -> bool {
    match parts {
        ["applications"] | ["applications", _, "contest"] => create::is_asked_again(form),
        ["hand-out", _] => true,
        _ => false,
    }
}

/// The file of a path, where there is one and no page.
pub(crate) async fn file(context: &Context<'_>, parts: &[&str]) -> Result<Option<File>, Refusal> {
    match parts {
        ["applications", one, "template"] => upload::template(context, id(one)?).await.map(Some),
        _ => Ok(None),
    }
}

/// The part of the menu that a path belongs to.
pub(crate) fn here(parts: &[&str]) -> Menu {
    match parts {
        ["applications", "new", ..] => Menu::Create,
        ["applications", ..] => Menu::Applications,
        ["certificates", ..] => Menu::Certificates,
        ["sheets", ..] => Menu::Sheets,
        ["publications", ..] => Menu::Publications,
        ["hand-out", ..] => Menu::HandOut,
        ["statistics", ..] => Menu::Statistics,
        _ => Menu::Desk,
    }
}
