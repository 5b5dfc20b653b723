//! The table of all operations: what the API serves, and what `docs/openapi.json` describes.
//!
//! A new operation is one entry here. Its handler is a method of `Api` that takes the actor and, as far as it needs them,
//! the path's parts (`Part`, or a pair), the query (`QueryParameters`) and the body (`JsonBody`, or a `String` for text),
//! and gives what is answered with status 200.

use lambda_http::http::{Method, StatusCode};
use rules::access::Role;

use crate::route::{Route, route, to};

const ALL: &[Role] = &[Role::Unit, Role::Center, Role::Body];
const UNIT: &[Role] = &[Role::Unit];
const CENTER: &[Role] = &[Role::Center];
/// Who issues certificates: a center (代章, or for itself) or a filed body.
const REVIEWER: &[Role] = &[Role::Center, Role::Body];

/// Every operation; the first whose path fits serves a request.
pub(crate) fn all() -> Vec<Route> {
    [applications(), decisions(), printing(), certificates(), sheets(), center()].into_iter().flatten().collect()
}

fn applications() -> Vec<Route> {
    vec![
        route(Method::POST, "/v1/applications", to!(create(body)))
            .status(StatusCode::CREATED)
            .by(UNIT)
            .under("五、（一）")
            .says("新建申报，取得各项材料的上传表单"),
        route(Method::GET, "/v1/applications", to!(list(query))).by(ALL).under("五、（一）").says("列出本账号可见的申报"),
        route(Method::GET, "/v1/applications/{id}", to!(show(path))).by(ALL).under("五、（一）").says("查看一份申报办到哪一步"),
        route(Method::POST, "/v1/applications/{id}/uploads", to!(uploads(path)))
            .by(UNIT)
            .under("五、（一）")
            .says("重新取得各项材料的上传表单"),
        route(Method::GET, "/v1/applications/{id}/reports", to!(reports(path)))
            .by(ALL)
            .under("五、（一）")
            .says("取得各项材料检查结果的下载链接"),
        route(Method::GET, "/v1/applications/{id}/summary-form", to!(summary_form(path, query)))
            .by(ALL)
            .under("五、（一）")
            .says("取得待盖章的申报汇总表；核对扫描件上的二维码是否与模板表一致"),
        route(Method::GET, "/v1/applications/{id}/rows/{row}", to!(explain(path)))
            .by(ALL)
            .under("一、证书类型")
            .says("说明某一行的决定是怎样得出的"),
        route(Method::GET, "/v1/applications/{id}/certificates", to!(certificates(path, query)))
            .by(ALL)
            .under("五、（二）")
            .says("按模板表顺序分页列出证书和记录"),
        route(Method::PUT, "/v1/applications/{id}/records/{row}", to!(enter_external_number(path, body)))
            .by(ALL)
            .under("二、（一）")
            .says("登记由其他机构颁发的证书的编号"),
    ]
}

fn decisions() -> Vec<Route> {
    vec![
        route(Method::POST, "/v1/applications/{id}/authorise", to!(authorise(path, body)))
            .by(CENTER)
            .under("二")
            .says("授权（一赛一授权）：定下逐行的发证方案"),
        route(Method::POST, "/v1/applications/{id}/return", to!(send_back(path, body)))
            .by(CENTER)
            .under("五、（一）")
            .says("退回申报，写明理由"),
        route(Method::POST, "/v1/applications/{id}/qualify", to!(qualify(path, body)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("资格审核：未列为不通过的各行即为通过，同时赋码"),
        route(Method::POST, "/v1/applications/{id}/archive", to!(archive(path)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("资料存档：成卷、封存；已有的卷没有变动时即为该卷"),
        route(Method::GET, "/v1/applications/{id}/archive", to!(volumes(path))).by(ALL).under("五、（二）").says("列出各卷"),
        route(Method::POST, "/v1/applications/{id}/archive/{edition}/consult", to!(consult(path, body)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("查阅一卷，写明事由；取得卷内各文件的下载链接"),
        route(Method::POST, "/v1/applications/{id}/stages/{stage}", to!(reach(path)))
            .by(REVIEWER)
            .under("五、（二）至（四）")
            .says("登记这批证书已存档、已上网或已发放"),
    ]
}

fn printing() -> Vec<Route> {
    vec![
        route(Method::POST, "/v1/applications/{id}/print", to!(print(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("取用空白证书，生成按流水号排列的打印文件"),
        route(Method::POST, "/v1/applications/{id}/void-sheet", to!(jam(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("卡纸：作废这一张，其后的证书顺移"),
    ]
}

fn certificates() -> Vec<Route> {
    vec![
        route(Method::GET, "/v1/certificates/{code}", to!(certificate(path))).by(ALL).under("四").says("按证书编码查找证书"),
        route(Method::POST, "/v1/certificates/{code}/reissue", to!(reissue(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("补发：证书编码不变，换一张空白证书"),
        route(Method::POST, "/v1/certificates/{code}/correct", to!(correct(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("更正：编码本身有误的，注销原编码，另赋新码"),
        route(Method::POST, "/v1/certificates/{code}/revoke", to!(revoke(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("注销：该编码不再有效，也不再使用"),
    ]
}

fn sheets() -> Vec<Route> {
    vec![
        route(Method::GET, "/v1/sheets", to!(books())).by(REVIEWER).under("三、（二）").says("空白证书库存"),
        route(Method::GET, "/v1/sheets/ledger", to!(ledger(query))).by(REVIEWER).under("三、（二）").says("空白证书台账"),
        route(Method::POST, "/v1/sheets/count", to!(count_sheets(body))).by(REVIEWER).under("三、（二）").says("盘点：实有号码与账面对照"),
        route(Method::POST, "/v1/sheets/destroy", to!(propose_destruction(body)))
            .status(StatusCode::ACCEPTED)
            .by(REVIEWER)
            .under("三、（二）")
            .says("提出销毁作废的空白证书（第一人签字）"),
        route(Method::POST, "/v1/sheets/destroy/confirm", to!(confirm_destruction(body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("监督人确认销毁（第二人签字）"),
        route(Method::POST, "/v1/sheets/{movement}", to!(move_sheets(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("空白证书入库、领用、收回、作废、遗失；前三项只限省职鉴中心"),
    ]
}

fn center() -> Vec<Route> {
    vec![
        route(Method::GET, "/v1/rulebook", to!(rulebook())).by(ALL).says("正在适用的通知和目录"),
        route(Method::PUT, "/v1/rulebook/{kind}/{name}", to!(place(path, body))).by(CENTER).says("替换一份通知或目录；有误的不予采用"),
        route(Method::PUT, "/v1/bodies", to!(enter_body(body))).by(CENTER).under("二、（二）").says("登记备案的评价机构"),
        route(Method::GET, "/v1/audit", to!(facts(query))).by(CENTER).says("分页取得核对编码和流水号所需的全部记录"),
        route(Method::GET, "/v1/openapi.json", to!(describe())).by(ALL).says("本接口的 OpenAPI 说明"),
    ]
}
