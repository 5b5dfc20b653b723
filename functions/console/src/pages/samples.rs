//! 样张: a certificate of each kind that the application has, as it would come out of the printer. No number is spent.

use maud::{Markup, html};
use operations::Refusal;
use operations::samples::{SampleChoice, SampleFile, SamplePage};
use rules::issue::application::ApplicationId;

use crate::context::{Context, Menu, Page};

pub(super) async fn page(context: &Context<'_>, id: ApplicationId) -> Result<Page, Refusal> {
    let samples = context.operations.samples(context.actor(), id.clone()).await?;
    let body = html! {
        p .crumbs { a href=(format!("/console/applications/{id}")) { "申报 " (id.as_str()) } }
        div .note { p { "每种证书各取姓名最长、用字最罕见的一行排出；带“样张”水印，不占编码。查看记入留痕，链接五分钟内有效。" @if samples.preview { "方案为预告，尚未确定。" } } }
        @if samples.files.is_empty() { section .card { p .empty { "模板表通过检查后才有样张；由其他机构印制的证书没有样张。" } } }
        @for file in &samples.files { (one(file)) }
    };
    Ok(Page::new(Menu::Applications, "证书样张", body))
}

fn one(file: &SampleFile) -> Markup {
    html! {
        section .card {
            h2 { (file.certificate_type_word) }
            @if let Some(problem) = &file.problem { div .note.bad { p { (problem) } } }
            div .scroll { table {
                thead { tr { th .num { "页" } th { "等级" } th { "颁证主体" } th { "代章" } th .num { "证书" } th .num { "样张所用的行" } th { "因为" } } }
                tbody { @for (number, page) in file.pages.iter().enumerate() { (line(number + 1, page)) } }
            } }
            @if let Some(link) = &file.link { iframe src=(link) title=(format!("{}样张", file.certificate_type_word)) {} }
        }
    }
}

fn line(number: usize, page: &SamplePage) -> Markup {
    let why = match page.chosen {
        SampleChoice::LongestName => "姓名最长",
        SampleChoice::RarestCharacter => "用字最罕见",
    };
    html! {
        tr {
            td .num { (number) } td { (page.level.as_deref().unwrap_or("—")) } td { (page.issuing_body) } td { (page.sealed_by.as_deref().unwrap_or("—")) }
            td .num { (page.certificates) " 张" } td .num { (page.row) } td { (why) }
        }
    }
}
