//! Units take turns: who hands in much waits for itself, not the others for it.

use std::collections::BTreeMap;

use anyhow::Result;
use rules::values::vocabulary::Field;
use workflow_tests::bill::requests_of;
use workflow_tests::case::{BUCKET, Case};
use workflow_tests::folder::Folder;
use workflow_tests::saizheng::{Client, Stack, until};

/// As the template has it.
const PLACES: usize = 4;
/// Archives of the unit that hands in much.
const MANY: usize = 7;

/// A photo that takes a while to look at.
fn large_photo() -> Result<Vec<u8>> {
    let picture = image::GrayImage::from_fn(1400, 1960, |x, y| image::Luma([((x / 8 * 37 + y / 8 * 91) % 200) as u8]));
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 50).encode_image(&picture)?;
    Ok(jpeg)
}

/// How many places a unit holds.
fn held(client: &Client, unit: &str) -> Result<usize> {
    Ok(client.scan()?.iter().filter(|item| item["pk"]["S"] == "PLACES" && item["unit"]["S"] == unit).count())
}

fn is_judged(client: &Client, case: &Case, material: &str) -> Result<bool> {
    Ok(!client.list(BUCKET, &format!("checked/{}/{material}/", case.id))?.is_empty())
}

#[test]
fn a_unit_with_many_costly_materials_keeps_to_its_places_and_a_bystander_does_not_wait_for_the_last() -> Result<()> {
    let stack = Stack::own()?;
    stack.up()?;
    let client = Client::of(&stack)?;
    let mut folder = Folder::with_winners(1)?;
    folder.set(0, Field::Photo, "first.jpg");
    folder.write()?;
    let photo = large_photo()?;
    folder.write_photos(&[("first.jpg", &photo), ("second.jpg", &photo)])?;
    let many = (0..MANY).map(|_| Case::create(&client, &folder)).collect::<Result<Vec<_>>>()?;
    let bystander = Case::create_as(&client, &folder, client.token("unit", "unit-2")?)?;
    for case in &many {
        case.upload(&client, &folder, "photos", "photos.zip")?;
    }
    bystander.upload(&client, &folder, "contest", "contest.pdf")?;
    let mut most = 0;
    let mut judged = || -> Result<usize> {
        most = most.max(held(&client, "unit-1")?);
        Ok(many
            .iter()
            .map(|case| is_judged(&client, case, "photos"))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .filter(|judged| *judged)
            .count())
    };
    let mut before = 0;
    until("the bystander's material is judged", || {
        before = judged()?;
        is_judged(&client, &bystander, "contest")
    })?;
    assert!(before < MANY, "the bystander has waited for all of them");
    until("all are judged", || Ok(judged()? == MANY))?;
    assert!((1..=PLACES).contains(&most), "{most} places were held at once");
    until("every place is given back", || Ok(held(&client, "unit-1")? + held(&client, "unit-2")? == 0))?;
    let log = client.log_of("Validate", 0)?;
    let waited = log.iter().filter(|line| line.contains("put back")).count();
    assert!(waited > 0, "none of them has waited");
    // Waiting is no failure: of five tries none was spent.
    let failed = log.iter().find(|line| line.contains("the queue will bring it again"));
    assert_eq!(failed, None);
    let judged = log.iter().filter(|line| line.contains("judged") && line.contains("Photos")).count();
    assert_eq!(judged, MANY, "each was judged once");
    // What a place costs: a write and a deletion for whoever finds one free; who waits sends one message.
    let costs = log.iter().filter(|line| line.contains("duration_ms=")).map(|line| requests_of(line)).collect::<Result<Vec<_>>>()?;
    let count =
        |requests: &BTreeMap<String, u64>| ["PutItem", "DeleteItem", "SendMessage"].map(|name| requests.get(name).copied().unwrap_or(0));
    assert!(costs.iter().any(|cost| count(cost) == [1, 1, 0]), "{costs:?}");
    assert!(costs.iter().all(|cost| matches!(count(cost), [_, 0, 1] | [_, 1, 0] | [0, 0, 0])), "{costs:?}");
    Ok(())
}
