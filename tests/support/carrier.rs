//! Carries the bucket's events to the functions' queues, by way of queues of its own: a share of them twice, and a share of them late,
//! so that others overtake them. SQS promises neither once nor order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::case::BUCKET;
use crate::saizheng::{Client, Stack};

/// The longest that a message is held back, in seconds.
const LATEST: u64 = 20;
/// Seconds that are waited for messages.
const WAIT: u64 = 2;

/// What was carried.
#[derive(Debug, Default)]
pub struct Carried {
    /// Events of the bucket.
    pub events: AtomicU64,
    /// Of them, those that were sent twice.
    pub twice: AtomicU64,
    /// Messages that were held back, second ones included.
    pub late: AtomicU64,
}

/// Carries until it goes.
pub struct Carrier {
    /// What was carried so far.
    pub carried: Arc<Carried>,
    over: Arc<AtomicBool>,
    routes: Vec<JoinHandle<()>>,
}

/// From a queue of its own to a function's.
struct Route {
    client: Client,
    from: String,
    to: String,
}

struct Dice {
    random: Mutex<StdRng>,
    share: f64,
}

impl Dice {
    fn hits(&self) -> bool {
        self.lock().random::<f64>() < self.share
    }

    /// Seconds that a message is held back.
    fn delay(&self) -> u64 {
        if self.hits() { self.lock().random_range(1..=LATEST) } else { 0 }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, StdRng> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Carrier {
    /// Leads the bucket's notifications through queues of its own, and carries on from there.
    ///
    /// # Errors
    /// The stack does not run, or its emulator refuses the queues.
    pub fn start(stack: &Stack, share: f64, seed: u64) -> Result<Self> {
        let client = Client::of(stack)?;
        let mut notifications = client.bucket_setting(BUCKET, "notification", None)?;
        let dice = Arc::new(Dice { random: Mutex::new(StdRng::seed_from_u64(seed)), share });
        let (carried, over) = (Arc::<Carried>::default(), Arc::<AtomicBool>::default());
        let mut routes = Vec::new();
        for arn in queues_of(&notifications) {
            let name = arn.rsplit(':').next().context("a queue's name")?;
            let to = url_of(&client, name)?;
            let own = format!("carried-{name}");
            let policy = attribute(&client, &to, "Policy")?.replace(&arn, &arn.replace(name, &own));
            let attributes = json!({ "Policy": policy, "VisibilityTimeout": "30" });
            client.operate("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": own, "Attributes": attributes }))?;
            notifications = notifications.replace(&format!("{arn}<"), &format!("{}<", arn.replace(name, &own)));
            routes.push(Route { client: Client::of(stack)?, from: url_of(&client, &own)?, to });
        }
        client.bucket_setting(BUCKET, "notification", Some(notifications))?;
        let routes = routes.into_iter().map(|route| {
            let (dice, carried, over) = (Arc::clone(&dice), Arc::clone(&carried), Arc::clone(&over));
            std::thread::spawn(move || route.carry_until(&over, &dice, &carried))
        });
        let routes = routes.collect();
        Ok(Self { carried, over, routes })
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for route in self.routes.drain(..) {
            let _ = route.join();
        }
    }
}

impl Route {
    fn carry_until(&self, over: &AtomicBool, dice: &Dice, carried: &Carried) {
        while !over.load(Ordering::Relaxed) {
            // What could not be carried comes again.
            let _ = self.carry(dice, carried);
        }
    }

    fn carry(&self, dice: &Dice, carried: &Carried) -> Result<()> {
        let ask = json!({ "QueueUrl": self.from, "MaxNumberOfMessages": 10, "WaitTimeSeconds": WAIT });
        let received = self.client.operate("sqs", "AmazonSQS.ReceiveMessage", &ask)?;
        for message in received["Messages"].as_array().into_iter().flatten() {
            self.send(message, dice.delay(), carried)?;
            if dice.hits() {
                self.send(message, dice.delay(), carried)?;
                carried.twice.fetch_add(1, Ordering::Relaxed);
            }
            let done = json!({ "QueueUrl": self.from, "ReceiptHandle": message["ReceiptHandle"] });
            self.client.operate("sqs", "AmazonSQS.DeleteMessage", &done)?;
            carried.events.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn send(&self, message: &Value, delay: u64, carried: &Carried) -> Result<()> {
        let message = json!({ "QueueUrl": self.to, "MessageBody": message["Body"], "DelaySeconds": delay });
        self.client.operate("sqs", "AmazonSQS.SendMessage", &message)?;
        carried.late.fetch_add(u64::from(delay > 0), Ordering::Relaxed);
        Ok(())
    }
}

/// The queues that notifications name, each once.
fn queues_of(notifications: &str) -> Vec<String> {
    let named = notifications.split("<Queue>").skip(1).filter_map(|rest| rest.split("</Queue>").next());
    let mut queues: Vec<String> = named.map(str::to_owned).collect();
    queues.sort();
    queues.dedup();
    queues
}

fn url_of(client: &Client, name: &str) -> Result<String> {
    let answer = client.operate("sqs", "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name }))?;
    Ok(answer["QueueUrl"].as_str().context("a queue's address")?.to_owned())
}

fn attribute(client: &Client, queue: &str, name: &str) -> Result<String> {
    let answer = client.operate("sqs", "AmazonSQS.GetQueueAttributes", &json!({ "QueueUrl": queue, "AttributeNames": [name] }))?;
    Ok(answer["Attributes"][name].as_str().with_context(|| name.to_owned())?.to_owned())
}
