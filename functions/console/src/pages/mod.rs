//! The pages, by path.

mod accounts;
mod application;
mod archive;
mod authorisation;
pub(crate) mod calibration;
mod certificates;
mod changes;
mod create;
mod desk;
mod differences;
mod hand_out;
mod help;
mod list;
mod lots;
pub(crate) mod numbers;
mod photos;
mod publications;
mod review;
mod roster;
mod rows;
mod run_preview;
mod samples;
mod scans;
mod search;
mod setting_words;
mod settings;
mod sheets;
mod statement;
mod statistics;
mod trail;
mod upload;

pub(crate) use create::TypedEvent;
use operations::bulk::SeveralChanged;
use operations::{Operations, Refusal};
use rules::issue::account::AccountKey;
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};
use crate::once::once;
use crate::reply::File;

/// The application that a part of a path names.
pub(crate) fn id(part: &str) -> Result<ApplicationId, Refusal> {
    ApplicationId::parse(part).ok_or(Refusal::NotFound)
}

/// The account that a part of a path names.
pub(crate) fn account(part: &str) -> Result<AccountKey, Refusal> {
    AccountKey::parse(part).ok_or(Refusal::NotFound)
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
        ["applications", one, "rows"] => rows::page(context, id(one)?).await,
        ["applications", one, "rows", row] => rows::one(context, id(one)?, number(row)?).await,
        ["applications", one, "authorisation"] => authorisation::page(context, id(one)?).await,
        ["applications", one, "differences"] => differences::page(context, id(one)?).await,
        ["applications", one, "numbers"] => numbers::page(context, id(one)?).await,
        ["applications", one, "samples"] => samples::page(context, id(one)?).await,
        ["applications", one, "trail"] => trail::page(context, id(one)?).await,
        ["applications", one, "statement"] => statement::page(context, id(one)?).await,
        ["applications", one, "review"] => review::page(context, id(one)?).await,
        ["certificates"] => certificates::page(context).await,
        ["certificates", "several"] => Ok(changes::several(context)),
        ["certificates", code] => changes::page(context, code).await,
        ["search"] => search::page(context).await,
        ["settings"] => settings::page(context).await,
        ["accounts"] => accounts::page(context).await,
        ["accounts", one] => accounts::one(context, account(one)?).await,
        ["help"] => Ok(help::page(context)),
        ["sheets"] => sheets::page(context).await,
        ["sheets", "calibration"] => calibration::page(context).await,
        ["sheets", "ledger"] => sheets::ledger(context).await,
        ["publications"] => publications::page(context).await,
        ["publications", applicant, number] => publications::batch(context, applicant, number).await,
        ["hand-out"] => hand_out::page(context).await,
        ["hand-out", one] => hand_out::winners(context, id(one)?).await,
        ["statistics"] => statistics::page(context).await,
        _ => Err(Refusal::NotFound),
    }
}

/// The page that answers a form by itself: what it shows stands in no address, and nothing is entered that must not be entered twice.
pub(crate) async fn answer(context: &Context<'_>, parts: &[&str]) -> Option<Result<Page, Refusal>> {
    match parts {
        ["applications"] if create::is_asked_again(context.form) => Some(create::page(context).await),
        ["applications", one, "contest"] if create::is_asked_again(context.form) => Some(match id(one) {
            Ok(id) => create::correct(context, id).await,
            Err(refusal) => Err(refusal),
        }),
        ["hand-out", one] => Some(match id(one) {
            Ok(id) => hand_out::winners(context, id).await,
            Err(refusal) => Err(refusal),
        }),
        ["applications", one, "numbers", "preview"] => Some(match id(one) {
            Ok(id) => numbers::previewed(context, id).await,
            Err(refusal) => Err(refusal),
        }),
        ["applications", one, "print", "preview"] => Some(match id(one) {
            Ok(id) => run_preview::page(context, id).await,
            Err(refusal) => Err(refusal),
        }),
        ["applications", one, "archive", edition] => Some(match (id(one), edition.parse()) {
            (Ok(id), Ok(edition)) => archive::consulted(context, id, edition).await,
            _ => Err(Refusal::NotFound),
        }),
        ["search"] => Some(search::found(context).await),
        ["search", "verify"] => Some(search::verified(context).await),
        ["applications", one, "rows", row, "reveal"] => Some(match (id(one), number(row)) {
            (Ok(id), Ok(row)) => rows::revealed(context, id, row).await,
            (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
        }),
        ["settings", "check"] => Some(settings::checked(context).await),
        ["sheets", "calibration"] => Some(calibration::reckoned(context).await),
        ["sheets", "preview"] => Some(calibration::over_blank(context).await),
        ["certificates", "several", "preview"] => Some(several_previewed(context).await),
        ["certificates", "several"] => Some(several_done(context).await),
        _ => None,
    }
}

async fn several_previewed(context: &Context<'_>) -> Result<Page, Refusal> {
    let outcome = context.operations.change_several(context.actor(), crate::requests::several(context.form, true)?).await?;
    Ok(changes::several_previewed(context, &outcome))
}

/// Done once however often the form is sent: what is kept for the second time is what became of each certificate.
async fn several_done(context: &Context<'_>) -> Result<Page, Refusal> {
    let unreadable = |error: serde_json::Error| Refusal::Records(error.into());
    let told = once(context, async |operations: &Operations| {
        let done = operations.change_several(context.actor(), crate::requests::several(context.form, false)?).await?;
        serde_json::to_string(&done).map_err(unreadable)
    });
    let outcome: SeveralChanged = serde_json::from_str(&told.await?).map_err(unreadable)?;
    Ok(changes::several_done(context, &outcome))
}

fn number(part: &str) -> Result<u32, Refusal> {
    part.parse().map_err(|_| Refusal::NotFound)
}

/// The file of a path, where there is one and no page.
pub(crate) async fn file(context: &Context<'_>, parts: &[&str]) -> Result<Option<File>, Refusal> {
    match parts {
        ["applications", "export"] => list::exported(context).await.map(Some),
        ["applications", one, "template"] => upload::template(context, id(one)?).await.map(Some),
        ["applications", one, "numbers", "workbook"] => numbers::workbook(context, id(one)?).await.map(Some),
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
        ["search", ..] => Menu::Search,
        ["settings" | "accounts", ..] => Menu::Settings,
        ["help", ..] => Menu::Help,
        _ => Menu::Desk,
    }
}
