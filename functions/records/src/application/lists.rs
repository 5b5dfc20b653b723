//! Lists of applications: by unit, by status in a jurisdiction, by whoever takes part, by whose turn it is.
//!
//! Each list is one partition of an index that holds keys alone, in the order of its sort key; the applications themselves are
//! read by key, a hundred at a time. So the first page costs the same whether the table holds a hundred applications or a hundred
//! thousand, a count reads a hundred bytes for each that it counts, and what a list shows is what the table holds now.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::Select;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use futures::{Stream, TryStreamExt, stream};
use rules::issue::application::ApplicationId;
use rules::issue::status::Status;
use rules::values::party::{Applicant, IssuingUnit};

use crate::application::applications::Applications;
use crate::application::listed::{open_lots_by, open_lots_of, queue};
use crate::application::stored::Application;
use crate::error::RecordsError;
use crate::keys::items::{ItemKey, application_key};
use crate::store::indexes::{BY_PARTY, BY_STATUS, BY_TURN, BY_UNIT, Index};
use crate::store::item::{Item, text};

/// Keys read at once, and applications read by them: as many as one `BatchGetItem` may ask for.
const BATCH: i32 = 100;
/// Applications looked at for one page of a filtered list, or as many as it is to hold. Where they do not fill it, the page is shorter and
/// names the next.
const MAX_LOOKED_AT: usize = 500;
/// Applications read at once for work on a whole list.
const WHOLE: usize = 1_000;
/// A count ends there: beyond it a number tells nobody more.
pub const MAX_COUNTED: u32 = 10_000;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationList {
    /// All that a unit created, the oldest first.
    Unit(String),
    /// Those of a jurisdiction at a status, the oldest first.
    Status {
        /// The contests' jurisdiction.
        jurisdiction: String,
        /// Where they stand.
        status: Status,
    },
    /// All that a Center authorises or an issuing unit reviews rows of, or is handed before the authorisation, the oldest first.
    Party(IssuingUnit),
    /// Those that wait for somebody, who has waited longest first.
    Turn(Applicant),
    /// Those with a lot that an issuing unit decided and that is not handed out, the oldest first.
    OpenLotsBy(IssuingUnit),
    /// Those of a jurisdiction with a lot that is not handed out, the oldest first.
    OpenLotsOf(String),
}

/// A page of a list.
#[derive(Debug)]
pub struct ApplicationPage {
    /// The applications that were wanted.
    pub applications: Vec<Application>,
    /// Where a page would begin that follows each of them.
    pub after_each: Vec<String>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// That many,
    pub count: u32,
    /// or more.
    pub or_more: bool,
}

impl ApplicationList {
    fn index(&self) -> Index {
        match self {
            Self::Unit(_) => BY_UNIT,
            Self::Status { .. } | Self::OpenLotsOf(_) => BY_STATUS,
            Self::Party(_) | Self::OpenLotsBy(_) => BY_PARTY,
            Self::Turn(_) => BY_TURN,
        }
    }

    /// The value of the index's partition key.
    fn value(&self) -> String {
        match self {
            Self::Unit(unit) => unit.clone(),
            Self::Status { jurisdiction, status } => queue(jurisdiction, *status),
            Self::Party(party) => party.to_string(),
            Self::Turn(party) => party.to_string(),
            Self::OpenLotsBy(reviewer) => open_lots_by(reviewer),
            Self::OpenLotsOf(jurisdiction) => open_lots_of(jurisdiction),
        }
    }
}

/// A place in a list: after the item with this key. The list itself is not part of it, so it leads into no other's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    sort: String,
    key: ItemKey,
}

impl Position {
    fn cursor(&self) -> String {
        BASE64.encode(format!("{}\n{}\n{}", self.sort, self.key.pk, self.key.sk))
    }

    /// [`RecordsError::NotFound`] for what no page ever named.
    fn parse(cursor: &str) -> Result<Self, RecordsError> {
        let text = BASE64.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(RecordsError::NotFound)?;
        let [sort, pk, sk] = text.split('\n').collect::<Vec<_>>()[..] else { return Err(RecordsError::NotFound) };
        let key = ItemKey::read(pk, sk);
        let sound = sort.parse::<jiff::Timestamp>().is_ok() && key.application().is_some() && (1..=128).contains(&sk.len());
        if !sound {
            return Err(RecordsError::NotFound);
        }
        Ok(Self { sort: sort.to_owned(), key })
    }

    fn of(index: &Index, item: &Item) -> Result<Self, RecordsError> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let (Some(sort), Some(pk), Some(sk)) = (text(index.sort), text("pk"), text("sk")) else {
            return Err(RecordsError::corrupt("a key of an index"));
        };
        Ok(Self { sort, key: ItemKey::read(pk, sk) })
    }

    fn start(&self, index: &Index, value: &str) -> Item {
        let mut key = self.key.attributes();
        key.insert(index.partition.to_owned(), text(value));
        key.insert(index.sort.to_owned(), text(&self.sort));
        key
    }
}

impl Applications<'_> {
    /// A page of at most `size` applications of a list that are `wanted`, from `after` (a page's `next`) on.
    /// Budget: one `Query` and one `BatchGetItem` for a hundred applications looked at, and 500 of them, or `size` if that is more.
    pub async fn page(
        self,
        list: &ApplicationList,
        after: Option<&str>,
        size: usize,
        wanted: impl Fn(&Application) -> bool,
    ) -> Result<ApplicationPage, RecordsError> {
        let mut position = after.map(Position::parse).transpose()?;
        let most = size.max(MAX_LOOKED_AT);
        let (mut applications, mut after_each, mut looked_at) = (Vec::new(), Vec::new(), 0);
        loop {
            let (keys, more) = self.keys_after(list, position.as_ref(), batch(size, applications.len(), looked_at)).await?;
            let mut found = self.by_keys(&keys).await?;
            let last = keys.len();
            for (number, at) in keys.into_iter().enumerate() {
                let id = at.key.application().ok_or_else(|| RecordsError::corrupt("an application's key"))?;
                looked_at += 1;
                // An application is listed once, whose lots stand side by side.
                let again = position.as_ref().and_then(|last| last.key.application()).as_ref() == Some(&id);
                // An index is a moment behind: what has left the list since is not on it.
                if !again && let Some(one) = found.remove(&id).filter(|one| list.holds(one) && wanted(one)) {
                    applications.push(one);
                    after_each.push(at.cursor());
                }
                position = Some(at);
                let full = applications.len() == size || looked_at == most;
                if full && (more || number + 1 < last) {
                    return Ok(ApplicationPage { applications, after_each, next: position.map(|position| position.cursor()) });
                }
            }
            if !more {
                return Ok(ApplicationPage { applications, after_each, next: None });
            }
        }
    }

    /// All applications of a list, some hundreds at a time: for work on the whole of it that needs not hold it.
    pub fn in_pages(self, list: &ApplicationList) -> impl Stream<Item = Result<Vec<Application>, RecordsError>> {
        stream::try_unfold(Some(None), move |after: Option<Option<String>>| async move {
            let Some(after) = after else { return Ok(None) };
            let page = self.page(list, after.as_deref(), WHOLE, |_| true).await?;
            Ok(Some((page.applications, page.next.map(Some))))
        })
    }

    /// All applications of a list. For work on the whole of it, never for a page.
    pub async fn whole_list(self, list: &ApplicationList) -> Result<Vec<Application>, RecordsError> {
        self.in_pages(list).try_concat().await
    }

    /// The last `count` applications of a list, the newest first. Budget: one `Query` and one `BatchGetItem`; 100 at most.
    pub async fn newest(self, list: &ApplicationList, count: i32) -> Result<Vec<Application>, RecordsError> {
        let (index, value) = (list.index(), list.value());
        let request = self.cloud.index_query(index, &value).limit(count.min(BATCH)).scan_index_forward(false);
        let answer = request.key_condition_expression("#partition = :value").send().await?;
        let keys: Vec<Position> =
            answer.items.unwrap_or_default().iter().map(|item| Position::of(&index, item)).collect::<Result<_, _>>()?;
        let mut found = self.by_keys(&keys).await?;
        Ok(keys.iter().filter_map(|at| found.remove(&at.key.application()?)).filter(|one| list.holds(one)).collect())
    }

    /// How many applications are on a list.
    pub async fn count(self, list: &ApplicationList) -> Result<Count, RecordsError> {
        let (index, value) = (list.index(), list.value());
        let (mut count, mut start) = (0_i32, None);
        loop {
            let request = self.cloud.index_query(index, &value).select(Select::Count).key_condition_expression("#partition = :value");
            let answer = request.set_exclusive_start_key(start).send().await?;
            count += answer.count;
            start = answer.last_evaluated_key;
            let counted = u32::try_from(count).map_err(RecordsError::corrupt)?;
            if start.is_none() || counted >= MAX_COUNTED {
                return Ok(Count { count: counted.min(MAX_COUNTED), or_more: start.is_some() || counted > MAX_COUNTED });
            }
        }
    }

    /// The next keys of a list, and whether there are more.
    async fn keys_after(self, list: &ApplicationList, after: Option<&Position>, limit: i32) -> Result<(Vec<Position>, bool), RecordsError> {
        let (index, value) = (list.index(), list.value());
        let request = self.cloud.index_query(index, &value).limit(limit).key_condition_expression("#partition = :value");
        let request = request.projection_expression("pk, sk, #sort").expression_attribute_names("#sort", index.sort);
        let answer = request.set_exclusive_start_key(after.map(|position| position.start(&index, &value))).send().await?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        Ok((items.iter().map(|item| Position::of(&index, item)).collect::<Result<_, _>>()?, more))
    }

    async fn by_keys(self, keys: &[Position]) -> Result<HashMap<ApplicationId, Application>, RecordsError> {
        let mut ids: Vec<ApplicationId> = keys.iter().filter_map(|at| at.key.application()).collect();
        ids.sort();
        ids.dedup();
        let items = self.cloud.batch_get(ids.iter().map(|id| application_key(id).attributes()).collect()).await?;
        let applications = items.into_iter().map(serde_dynamo::from_item::<_, Application>).collect::<Result<Vec<_>, _>>()?;
        Ok(applications.into_iter().map(|application| (application.id.clone(), application)).collect())
    }
}

impl ApplicationList {
    /// Whether an application is on it now.
    fn holds(&self, application: &Application) -> bool {
        match self {
            Self::Status { status, .. } => application.status == *status,
            Self::Turn(party) => application.turn().contains(party),
            Self::Party(party) => {
                *party == IssuingUnit::center(&application.contest.jurisdiction) || application.issuing_units().contains(party)
            }
            Self::OpenLotsBy(reviewer) => application.issuing_units().contains(reviewer),
            Self::OpenLotsOf(jurisdiction) => application.contest.jurisdiction == *jurisdiction,
            Self::Unit(_) => true,
        }
    }
}

/// How many keys are read at once: an unfiltered page needs one more than it shows, to know whether there is a next.
fn batch(size: usize, found: usize, looked_at: usize) -> i32 {
    match looked_at {
        0 => i32::try_from(size - found + 1).unwrap_or(BATCH).min(BATCH),
        _ => BATCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nowhere_else() {
        let key = application_key(&ApplicationId::from_bits(7));
        let position = Position { sort: "2022-06-20T02:00:00.5Z".to_owned(), key };
        assert_eq!(Position::parse(&position.cursor()).ok(), Some(position.clone()));
        let odd = [
            "".to_owned(),
            "%".to_owned(),
            BASE64.encode("x"),
            BASE64.encode("2022-06-20T02:00:00Z\nCODE#S1\nCERTIFICATE"),
            BASE64.encode("yesterday\nAPPLICATION#aaaaaaaaaaaaaaaa\nAPPLICATION"),
            BASE64.encode("2022-06-20T02:00:00Z\nAPPLICATION#aaaaaaaaaaaaaaaa\n"),
            BASE64.encode(format!("2022-06-20T02:00:00Z\nAPPLICATION#aaaaaaaaaaaaaaaa\n{}", "x".repeat(2000))),
        ];
        for cursor in odd {
            assert!(matches!(Position::parse(&cursor), Err(RecordsError::NotFound)), "{cursor}");
        }
    }
}
