//! A real table on this machine, and made-up applications in it.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use jiff::Timestamp;
use jiff::civil::date;
use records::Cloud;
use records::application::authorisations::AuthorisationChange;
use records::application::{Application, AuthorisedPlan, Verdict};
use records::issue::approved::Numbered;
use records::issue::certificates::Certificate;
use rules::audit::{AuditAction, AuditEntry, Fact};
use rules::intake::contest::Contest;
use rules::intake::entry::Entry;
use rules::issue::application::{ApplicationId, PlannedRow};
use rules::issue::status::Status;
use rules::notice::{CodeGrammar, Notice, Notices};
use rules::numbers::body::BodyCode;
use rules::numbers::code::{CertificateCode, CodePrefix};
use rules::rulebook::Manifest;
use rules::values::lot::LotName;
use rules::values::party::{Actor, IssuingUnit};
use rules::values::ranges::{Ranges, SerialRange};
use rules::values::vocabulary::{CertificateType, ContestClass, Material};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The kind of sheet.
pub(crate) const KIND: &str = "skill_level";
/// Levels of the rows, in turn.
pub(crate) const LEVELS: [u8; 2] = [3, 2];

/// Where a request waits, see [`Table::holding_the_second_request`].
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) reached: Arc<Notify>,
    pub(crate) go: Arc<Notify>,
}

/// A table of its own on a server that the tests share.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) cloud: Cloud,
    name: String,
    config: aws_config::SdkConfig,
    made: Arc<AtomicU32>,
}

impl Table {
    /// A server in memory, and a first table.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let database = dynoxide::Database::memory().expect("a database");
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .http_client(http)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
            .build();
        let cloud = Cloud::of(config.clone(), String::new(), String::new());
        Self { cloud, name: String::new(), config, made: Arc::default() }.fresh().await
    }

    /// An empty one.
    pub(crate) async fn fresh(&self) -> Self {
        let name = format!("records-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let mut request = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
        for (attribute, key) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let definition = AttributeDefinition::builder().attribute_name(attribute).attribute_type(ScalarAttributeType::S);
            request = request.attribute_definitions(definition.build().expect("complete"));
            request = request.key_schema(KeySchemaElement::builder().attribute_name(attribute).key_type(key).build().expect("complete"));
        }
        request.send().await.expect("a new table");
        Self { cloud: Cloud::of(self.config.clone(), name.clone(), String::new()), name, ..self.clone() }
    }

    /// The same table, whose changes are announced on a bus that is not there: what is to be told stays on the list.
    pub(crate) fn telling(&self) -> Self {
        Self { cloud: self.cloud.clone().telling("nobody".to_owned()), ..self.clone() }
    }

    /// The same table, over a connection that is cut when the first answer comes: what was asked for has been done.
    pub(crate) async fn losing_the_first_answer(&self) -> Cloud {
        let server = self.config.endpoint_url().expect("an endpoint").trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            let mut is_first = true;
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(&server).await.expect("the server");
                match std::mem::take(&mut is_first) {
                    true => cut_at_the_answer(&mut client, &mut server).await,
                    false => drop(tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await })),
                }
            }
        });
        let config = self.config.to_builder().endpoint_url(endpoint).retry_config(RetryConfig::standard()).build();
        Cloud::of(config, self.name.clone(), String::new())
    }

    /// The same table, over a connection that holds the second request back: `reached` tells that it came, `go` lets it pass.
    pub(crate) async fn holding_the_second_request(&self) -> (Cloud, Gate) {
        let server = self.config.endpoint_url().expect("an endpoint").trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let gate = Gate::default();
        let (reached, go) = (gate.reached.clone(), gate.go.clone());
        tokio::spawn(async move {
            let requests = Arc::new(AtomicU32::new(0));
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server");
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
                let (requests, reached, go) = (requests.clone(), reached.clone(), go.clone());
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                tokio::spawn(async move {
                    let mut piece = vec![0; 65_536];
                    while let Ok(length @ 1..) = from_client.read(&mut piece).await {
                        let begins = piece[..length].starts_with(b"POST ");
                        if begins && requests.fetch_add(1, Ordering::Relaxed) == 1 {
                            reached.notify_one();
                            go.notified().await;
                        }
                        to_server.write_all(&piece[..length]).await.expect("the server");
                    }
                });
            }
        });
        let config = self.config.to_builder().endpoint_url(endpoint).build();
        (Cloud::of(config, self.name.clone(), String::new()), gate)
    }

    /// A table that is not there.
    pub(crate) fn missing(&self) -> Cloud {
        Cloud::of(self.config.clone(), "none".to_owned(), String::new())
    }

    /// Every claim on an award: what is claimed, by which application for which row.
    pub(crate) async fn claims(&self) -> Vec<(String, String, String)> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let mut pages = client.scan().table_name(&self.name).consistent_read(true).into_paginator().items().send();
        let mut claims = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.expect("readable");
            let text = |name: &str| item[name].as_s().or(item[name].as_n()).expect("a text or a number").clone();
            if text("pk").starts_with("HOLDER#") {
                claims.push((text("sk"), text("claimed_by"), text("claimed_row")));
            }
        }
        claims.sort();
        claims
    }

    /// The applications whose lot is listed as open, by whose it is and under which jurisdiction.
    pub(crate) async fn open_lots(&self) -> Vec<[String; 3]> {
        let text = |item: &HashMap<String, AttributeValue>, name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let open = |item: HashMap<String, AttributeValue>| {
            let [of, party, queue] = ["pk", "party", "queue"].map(|name| text(&item, name).unwrap_or_default());
            (party.starts_with("LOTS#") || queue.ends_with("#lots")).then_some([of, party, queue])
        };
        let mut all: Vec<_> = self.items().await.into_iter().filter_map(open).collect();
        all.sort();
        all
    }

    /// Everything that the audit goes by.
    pub(crate) async fn facts(&self) -> Vec<Fact> {
        let (mut facts, mut after) = (Vec::new(), None);
        loop {
            let page = self.cloud.certificates().facts(after.as_deref()).await.expect("readable");
            facts.extend(page.facts);
            after = page.next;
            if after.is_none() {
                return facts;
            }
        }
    }

    /// Every item of the table, by key.
    pub(crate) async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let mut pages = client.scan().table_name(&self.name).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.expect("readable"));
        }
        items
    }

    /// Writes an item past everything that guards it.
    pub(crate) async fn write(&self, item: HashMap<String, AttributeValue>) {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        client.put_item().table_name(&self.name).set_item(Some(item)).send().await.expect("written");
    }

    /// Deletes an item past everything that guards it.
    pub(crate) async fn delete(&self, item: &HashMap<String, AttributeValue>) {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        client.delete_item().table_name(&self.name).set_key(Some(key.into())).send().await.expect("deleted");
    }

    /// A new application at that status.
    pub(crate) async fn standing(&self, status: Status) -> Application {
        self.standing_of(contest(), status).await
    }

    /// One of that contest.
    pub(crate) async fn standing_of(&self, contest: Contest, status: Status) -> Application {
        let application = Application {
            id: records::random::random_id(),
            unit: "unit-1".to_owned(),
            contest,
            contest_edition: 0,
            corrected_at: None,
            exchange: None,
            status,
            version: 0,
            entered_at: now(),
            created_at: now(),
            submitted_at: None,
            reason: None,
            sent_back_with: BTreeSet::new(),
            plan: None,
            declaration: None,
            originals: Default::default(),
            filing: None,
            trail: Default::default(),
        };
        self.cloud.applications().create(&application).await.expect("new");
        application
    }

    /// Sends a submitted application back, with those versions of its materials.
    pub(crate) async fn send_back(&self, seen: &Application, action: AuditAction, handed_in: &[&str]) {
        let handed_in = handed_in.iter().map(|version| (*version).to_owned()).collect();
        let audit = AuditEntry::new(&actor(), action, "五、（二）", now());
        self.cloud.applications().send_back(seen, ("名单有误".to_owned(), handed_in), audit).await.expect("submitted");
    }

    /// An application whose rows `reviewer` is to decide.
    pub(crate) async fn authorised(&self, reviewer: &IssuingUnit) -> ApplicationId {
        let application = self.standing(Status::Submitted).await;
        self.authorise(&application, reviewer).await;
        application.id
    }

    /// The Center authorises an application whose rows `reviewer` is to decide.
    pub(crate) async fn authorise(&self, application: &Application, reviewer: &IssuingUnit) {
        self.authorise_under(application, reviewer, None).await;
    }

    /// The same, under the authorisation of its contest.
    pub(crate) async fn authorise_under(&self, application: &Application, reviewer: &IssuingUnit, change: Option<&AuthorisationChange>) {
        let reviewers = vec![reviewer.clone()];
        let plan = AuthorisedPlan {
            digest: "plan".to_owned(),
            roster_version: "1".to_owned(),
            undecided: reviewers.clone(),
            reviewers,
            manner: rules::notice::ApprovalManner::Authorisation,
            authorisation: change.map(|change| change.next.contest_key.clone()),
            unconfirmed: Vec::new(),
            rulebook: Manifest::shipped().digest(),
        };
        let audit = AuditEntry::new(&actor(), AuditAction::Authorise, "二、颁证主体", now());
        self.cloud.applications().authorise(application, plan, change, audit).await.expect("submitted");
    }
}

async fn cut_at_the_answer(client: &mut TcpStream, server: &mut TcpStream) {
    let (mut from_client, _) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut begin_of_the_answer = [0; 1];
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ = from_server.read(&mut begin_of_the_answer) => {}
    }
}

/// The `n`-th holder; the first one is the Center, which keeps the stock.
pub(crate) fn holder(n: usize) -> IssuingUnit {
    match n {
        0 => IssuingUnit::center("00"),
        n => IssuingUnit::body(&format!("S00005101012{n}")),
    }
}

pub(crate) fn actor() -> Actor {
    Actor::from_claims("someone", "center", "00").expect("sound claims")
}

/// One moment is as good as another.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_655_690_400).expect("in range")
}

pub(crate) fn sheets(first: u64, count: u64) -> Ranges {
    SerialRange::new(first, first + count - 1).into()
}

/// The notice that everything is issued under.
pub(crate) fn notice() -> &'static Notice {
    static NOTICES: LazyLock<Notices> = LazyLock::new(|| Notices::built_in().expect("notices"));
    NOTICES.general()
}

pub(crate) fn grammar() -> CodeGrammar {
    notice().code.clone()
}

/// The province's prefix of a level.
pub(crate) fn prefix(level: u8) -> CodePrefix {
    let notices = Notices::built_in().expect("notices");
    let notice = notices.general();
    let body = BodyCode::human_resources(&notice.code, notice.jurisdiction("00").expect("the province"));
    CodePrefix::new(&notice.code, &body, 2022, notice.level_by_digit(level).expect("a level"))
}

/// A reviewer's lot of skill-level certificates.
pub(crate) fn lot(reviewer: &IssuingUnit) -> LotName {
    LotName::new(reviewer, CertificateType::SkillLevel)
}

/// Rows 2, 3, … of a plan.
pub(crate) fn rows(reviewer: &IssuingUnit, count: u32) -> Vec<PlannedRow> {
    let row = |row: u32| PlannedRow {
        row,
        certificate_type: CertificateType::SkillLevel,
        reviewer: reviewer.clone(),
        prefix: Some(prefix(LEVELS[row as usize % LEVELS.len()])),
        issuing_body: "样例大赛组委会".to_owned(),
        sealed_by: None,
        clauses: Vec::new(),
        ground: 0,
    };
    (2..count + 2).map(row).collect()
}

/// The certificate of a numbered row, as `issue` enters it.
pub(crate) fn certificate(application: &ApplicationId, numbered: &Numbered<'_>, code: &CertificateCode, entry: Entry) -> Certificate {
    let row = numbered.row;
    Certificate {
        application: application.clone(),
        row: row.row,
        code: Some(code.clone()),
        external_number: None,
        basis: Default::default(),
        position: Some(numbered.position),
        reviewer: row.reviewer.clone(),
        certificate_type: row.certificate_type,
        issuing_body: row.issuing_body.clone(),
        sealed_by: None,
        entry,
        photo: false,
        photo_unreadable: false,
        issued_on: None,
        replaces: None,
        corrected_at: None,
        revoked: None,
    }
}

pub(crate) fn contest() -> Contest {
    Contest {
        name: "样例大赛".to_owned(),
        class: ContestClass::PROVINCIAL_ONE,
        hrss_hosted: true,
        selection_for: None,
        organiser: "样例协会".to_owned(),
        organiser_body: None,
        committee: "样例大赛组委会".to_owned(),
        jurisdiction: "00".to_owned(),
        year: 2022,
        final_on: date(2022, 5, 20),
        issued_on: date(2022, 6, 20),
        events: Vec::new(),
        organiser_contact: Default::default(),
    }
}

/// A winner's row; people are numbered.
pub(crate) fn entry(row: u32, person: u32) -> Entry {
    let level = LEVELS[row as usize % LEVELS.len()];
    let value = serde_json::json!({
        "row": row, "name": "张测试", "gender": "男", "document_type": "居民身份证", "document_kind": "resident", "document_number": document_number(person),
        "phone": "10000000001", "employer": "样例公司", "occupation": "车工", "occupation_code": "6-18-01-01", "level": level,
        "event": "车工", "award": "一等奖",
    });
    serde_json::from_value(value).expect("an entry")
}

/// A sound roster of one row.
pub(crate) fn roster_verdict() -> Verdict {
    Verdict {
        material: Material::Roster,
        version: "1".to_owned(),
        sequencer: "01".to_owned(),
        sha256: "00".to_owned(),
        clean: true,
        errors: 0,
        remarks: 0,
        pages: None,
        rows: Some(1),
        sheet: None,
        form_digest: None,
        stamp: None,
        handed_in_at: None,
        contest_edition: 0,
    }
}

/// The number of somebody who does not exist.
pub(crate) fn document_number(person: u32) -> String {
    format!("51010719600101{person:04}")
}
