//! Writes the sample applications of `tests/samples/` anew.

use std::fs;
use std::path::Path;

use anyhow::Result;
use rules::values::vocabulary::Field;
use workflow_tests::face;
use workflow_tests::folder::{Folder, filed_contest, row};
use workflow_tests::people::person;

fn main() -> Result<()> {
    let awards = ["金奖/第一名", "银奖/第二名", "铜奖/第三名"];
    let skilled = awards
        .into_iter()
        .enumerate()
        .flat_map(|(n, award)| [(person(n), "数控车", "二级/技师", award), (person(n + 10), "中式烹饪", "三级/高级工", award)]);
    let others = [(person(30), "消防技能", "四级/中级工", "优胜奖/第四名"), (person(31), "川剧妆造", "专项职业能力", "优胜奖/第五名")];
    let mut folder = Folder::with_people(0, 0)?;
    let mut photos = Vec::new();
    for (n, (winner, event, level, award)) in skilled.chain(others).enumerate() {
        // Not named by document numbers: even made-up ones need not stand in names of files.
        let photo = format!("{:02}.jpg", n + 1);
        folder.rows.push(row(&winner, event, level, award));
        folder.set(n, Field::Photo, &photo);
        photos.push((photo, face::photo(n, &winner)?));
    }
    folder.set(1, Field::Name, "阿依古丽·买买提");
    folder.set(3, Field::Name, "欧阳䶮");
    folder.write()?;
    folder.write_photos(&photos.iter().map(|(name, jpeg)| (name.as_str(), jpeg.as_slice())).collect::<Vec<_>>())?;
    keep(&folder, "hosted")?;
    let mut filed = Folder::with_people(40, 4)?;
    filed.of_class(filed_contest("S000051010123"), "省级二类");
    filed.write()?;
    keep(&filed, "filed")
}

fn keep(folder: &Folder, name: &str) -> Result<()> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    fs::create_dir_all(&target)?;
    for entry in fs::read_dir(folder.path())? {
        let entry = entry?;
        fs::copy(entry.path(), target.join(entry.file_name()))?;
    }
    Ok(())
}
