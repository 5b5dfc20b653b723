//! 统计: a year, counted anew.

use maud::{Markup, html};
use operations::Refusal;
use operations::statistics::ShownStatistics;

use crate::context::{Context, Menu, Page, field};
use crate::shown;

pub(super) async fn page(context: &Context<'_>) -> Result<Page, Refusal> {
    let this_year = context.operations.cloud.clock.today().year();
    let year = context.query.read::<i16>("year", "年份")?.unwrap_or(this_year);
    let known = match context.operations.statistics(context.actor(), year).await {
        Ok(known) => Some(known),
        Err(Refusal::NotFound) => None,
        Err(refusal) => return Err(refusal),
    };
    let body = html! {
        section .card {
            form .line method="get" action="/console/statistics" {
                (field("年份", html! { input type="number" name="year" value=(year) min="2000" max=(this_year) required; }))
                button { "查看" }
            }
        }
        section .card {
            h2 { (year) " 年发证情况" }
            @match &known { Some(known) => (counted(known)), None => p .empty { "这一年还没有统计过。" } }
            (context.form("/console/statistics", html! { input type="hidden" name="year" value=(year); p .acts { button .main { "统计" (year) "年" } } }))
        }
    };
    Ok(Page::new(Menu::Statistics, "统计", body))
}

fn counted(known: &ShownStatistics) -> Markup {
    html! {
        @if known.counting { div .note data-again="5" { p { "正在统计（" (shown::moment(known.ordered_at)) " 由 " (known.ordered_by) " 提出），稍后刷新。" } } }
        @if let Some(counted) = &known.counted {
            p { "统计时间 " (shown::moment(counted.at)) }
            p .acts { a .button href=(counted.page) { "图表" } a .button href=(counted.workbook) { "统计表（Excel）" } }
        }
    }
}
