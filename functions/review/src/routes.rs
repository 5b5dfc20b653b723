//! The table of all operations: what the API serves, and what `docs/openapi.json` describes.
//!
//! A new operation is one entry here. Its handler is a method of `Operations` that takes the actor and, as far as it needs them,
//! the path's parts (`Part`, or a pair), the query (`QueryParameters`) and the body (`JsonBody`, or a `String` for text),
//! and gives what is answered with status 200. One that creates, numbers, prints or spends is `once()`.

use lambda_http::http::{Method, StatusCode};
use operations::accounts::Caller;
use rules::values::party::{Actor, Role};

use crate::api::Api;
use crate::route::{Call, Route, route};

const ALL: &[Role] = &[Role::Unit, Role::Center, Role::Body];
const UNIT: &[Role] = &[Role::Unit];
const CENTER: &[Role] = &[Role::Center];
/// Who issues certificates: a center (代章, or for itself) or a filed body.
const REVIEWER: &[Role] = &[Role::Center, Role::Body];
const BODY: &[Role] = &[Role::Body];
/// 具体使用账号由颁证机构向省职鉴中心申请分配.
const ACCOUNTS: &str = "五、（二）";

/// An operation by the name of its handler, and the call of it with the parts of a request that it takes: `to!(qualify(path, body))`;
/// with `caller`, one for anybody with a token.
macro_rules! to {
    ($handler:ident(caller)) => { to!(@ $handler, Caller, (), (), ();) };
    ($handler:ident(caller, body)) => { to!(@ $handler, Caller, (), (), _; body) };
    ($handler:ident()) => { to!(@ $handler, Actor, (), (), ();) };
    ($handler:ident(path)) => { to!(@ $handler, Actor, _, (), (); path) };
    ($handler:ident(query)) => { to!(@ $handler, Actor, (), _, (); query) };
    ($handler:ident(body)) => { to!(@ $handler, Actor, (), (), _; body) };
    ($handler:ident(path, query)) => { to!(@ $handler, Actor, _, _, (); path, query) };
    ($handler:ident(path, body)) => { to!(@ $handler, Actor, _, (), _; path, body) };
    (@ $handler:ident, $caller:ty, $path:ty, $query:ty, $body:ty; $($part:ident),*) => {
        (stringify!($handler), |api: &Api, call: Call<$caller, $path, $query, $body>| {
            Box::pin(async move { api.operations.$handler(&call.caller, $(call.$part),*).await })
        })
    };
}

/// Every operation; the first whose path fits serves a request.
pub(crate) fn all() -> Vec<Route<Api>> {
    [applications(), decisions(), printing(), certificates(), publications(), sheets(), hand_out(), center()]
        .into_iter()
        .flatten()
        .collect()
}

fn applications() -> Vec<Route<Api>> {
    vec![
        route(Method::POST, "/v1/applications", to!(create(body)))
            .once()
            .status(StatusCode::CREATED)
            .by(UNIT)
            .under("五、（一）")
            .says("新建申报，取得各项材料的上传表单"),
        route(Method::GET, "/v1/applications", to!(list(query)))
            .by(ALL)
            .under("五、（一）")
            .says("分页列出本账号可见的申报，可按状态、类别、主办单位、大赛名称筛选，也可只列待本账号办理的"),
        // Before `{id}`: no application is called so.
        route(Method::GET, "/v1/applications/counts", to!(counts())).by(ALL).under("五、（一）").says("申报份数：按状态，按待谁办理"),
        route(Method::GET, "/v1/applications/workbook", to!(exported_list(query)))
            .by(ALL)
            .under("五、（一）")
            .says("导出申报列表：按同样的条件筛选，写成工作簿，一次最多 2,000 份"),
        route(Method::GET, "/v1/tasks", to!(tasks()))
            .by(ALL)
            .under("五、（一）")
            .says("申报以外待本账号办理的：证书待编号、待打印、待存档、待申报上网、待领取的，信息上网各批，空白证书，账号"),
        route(Method::GET, "/v1/applications/{id}", to!(show(path))).by(ALL).under("五、（一）").says("查看一份申报办到哪一步"),
        route(Method::DELETE, "/v1/applications/{id}", to!(delete_application(path)))
            .by(UNIT)
            .under("五、（一）")
            .says("删除材料未齐或已退回、从未授权的申报；材料随后清除"),
        route(Method::GET, "/v1/contact", to!(last_contact()))
            .by(UNIT)
            .under("附件")
            .says("本单位上一次在汇总表表头填写的地址、电话、负责人、经办人，供下一次申报沿用"),
        route(Method::PUT, "/v1/applications/{id}/contest", to!(correct_contest(path, body)))
            .by(&[Role::Unit, Role::Center])
            .under("六、（二）")
            .says("授权前更正大赛信息：申报单位，或省职鉴中心写明理由；各项材料按更正后的重新检查，留痕记下前后的内容"),
        route(Method::GET, "/v1/applications/{id}/template", to!(contest_template(path)))
            .by(UNIT)
            .under("五、（一）4")
            .says("取得本大赛的选手信息导入模板表，大赛、赛项、职业已按申报填好，获奖人数已登记的每人一行"),
        route(Method::GET, "/v1/applications/{id}/roster", to!(judged_roster(path, query)))
            .by(UNIT)
            .under("五、（一）")
            .says("模板表的检查结果：按原因汇总，逐行列出有问题的单元格、内容和改法；只限申报单位"),
        route(Method::PUT, "/v1/applications/{id}/roster/cells", to!(correct_cells(path, body)))
            .by(UNIT)
            .under("五、（一）")
            .says("授权前改正模板表的单元格，写明所见的版本：其余内容原样，作为新的版本重新检查；他人已更新的不予覆盖"),
        route(Method::POST, "/v1/applications/{id}/uploads", to!(uploads(path)))
            .by(UNIT)
            .under("五、（一）")
            .says("重新取得各项材料的上传表单"),
        route(Method::GET, "/v1/applications/{id}/reports", to!(reports(path)))
            .by(ALL)
            .under("五、（一）")
            .says("取得各项材料检查结果的下载链接"),
        route(Method::POST, "/v1/verifications", to!(verify_list(body)))
            .by(ALL)
            .under("五、（三）")
            .says("按名单核验证书：编号和姓名，一次 500 份以内，逐份答复与公众查询页相同；记入留痕，过于频繁的稍后再试"),
        route(Method::POST, "/v1/search", to!(search(body)))
            .by(ALL)
            .says("按姓名或证件号码查询本账号可见的选手，号码不完整显示；按证件号码的查询记入留痕。大赛、主办单位、编码另有查询"),
        route(Method::GET, "/v1/applications/{id}/materials", to!(materials(path)))
            .by(ALL)
            .under("五、（一）")
            .says("各项材料的现行版本和以前的版本，各有五分钟内可在浏览器中查看的链接；职鉴中心和颁证机构的查看记入留痕"),
        route(Method::GET, "/v1/applications/{id}/photos", to!(photos(path, query)))
            .by(ALL)
            .under("三、（一）")
            .says("按行分页列出照片（裁剪成证书上的样子），各有五分钟内可查看的链接；职鉴中心和颁证机构的查看记入留痕"),
        route(Method::PUT, "/v1/applications/{id}/rows/{row}/photo", to!(replace_photo(path, body)))
            .by(UNIT)
            .under("三、（一）")
            .says("授权前补交或更换一名选手的照片，写明所见的版本：其余照片原样，作为新的版本重新检查；他人已更新的不予覆盖"),
        route(Method::POST, "/v1/applications/{id}/samples", to!(samples(path)))
            .by(ALL)
            .under("三、（一）")
            .says("每种证书（类型、等级、颁证主体、代章）各出样张：取姓名最长的和用字最罕见的；不占编码"),
        route(Method::GET, "/v1/applications/{id}/summary-form", to!(summary_form(path, query)))
            .by(ALL)
            .under("五、（一）")
            .says("取得待盖章的申报汇总表；核对扫描件上的二维码是否与模板表一致"),
        route(Method::GET, "/v1/applications/{id}/rows", to!(rows(path, query)))
            .by(ALL)
            .under("五、（二）")
            .says("逐行分页列出选手、检查结果、发证方案、暂存的审核意见和状态，可只列须先看的；授权前的方案为预告，不作任何登记"),
        route(Method::POST, "/v1/applications/{id}/rows/{row}/reveal", to!(reveal(path, body)))
            .by(ALL)
            .under("五、（二）")
            .says("取得一行完整的证件号码和手机号码，写明事由；记入留痕"),
        route(Method::GET, "/v1/applications/{id}/differences", to!(differences(path, query)))
            .by(ALL)
            .under("五、（一）")
            .says("两次提交的模板表逐行逐格的不同；不写明版本的为现行版本与其前一版本"),
        route(Method::GET, "/v1/applications/{id}/trail", to!(trail(path, query)))
            .by(ALL)
            .under("五、（一）")
            .says("分页列出申报的留痕：何时、何人、依据哪一条、做了什么、理由；查看材料的记录只限审批的职鉴中心"),
        route(Method::GET, "/v1/applications/{id}/rows/{row}", to!(explain(path)))
            .by(ALL)
            .under("一、证书类型")
            .says("说明某一行的决定是怎样得出的；授权前为按现行规则的预告"),
        route(Method::GET, "/v1/applications/{id}/plan", to!(planned_rows(path)))
            .by(ALL)
            .under("一、证书类型")
            .says("逐行的发证方案；授权前为按现行规则的预告，不作任何登记"),
        route(Method::GET, "/v1/applications/{id}/certificates", to!(certificates(path, query)))
            .by(ALL)
            .under("五、（二）")
            .says("按模板表顺序分页列出每一行的证书、记录和状态，未通过、已注销的也在内"),
        route(Method::POST, "/v1/applications/{id}/certificates-zip", to!(order_certificates_zip(path)))
            .once()
            .status(StatusCode::ACCEPTED)
            .by(ALL)
            .under("五、（二）")
            .says("把本账号可见的证书文件打包成一个压缩包，文件名为证书编码或编号；在后台生成，有变动后可重新打包"),
        route(Method::GET, "/v1/applications/{id}/certificates-zip", to!(certificates_zip(path)))
            .by(ALL)
            .under("五、（二）")
            .says("证书压缩包是否已生成；链接五分钟内有效"),
        route(Method::PUT, "/v1/applications/{id}/records/{row}", to!(enter_number(path, body)))
            .by(ALL)
            .under("二、（一）")
            .says("登记一行的证书编号：由其他机构颁发的，或专项职业能力证书的；后者随即生成证书文件"),
        route(Method::GET, "/v1/applications/{id}/numbers", to!(numbers_page(path, query)))
            .by(ALL)
            .under("二、（一）")
            .says("分页列出由本账号登记证书编号的各行：待登记的，或已登记的"),
        route(Method::GET, "/v1/applications/{id}/numbers/workbook", to!(numbers_workbook(path)))
            .by(ALL)
            .under("二、（一）")
            .says("取得待登记编号的表（工作簿，1,000 行以内），填好后成批登记"),
        route(Method::PUT, "/v1/applications/{id}/numbers", to!(enter_numbers(path, body)))
            .by(ALL)
            .under("二、（一）")
            .says("成批登记证书编号，可先预览；先全部核对，再分几次登记，中断的再次提交同一张表即可，已登记的不变"),
    ]
}

fn decisions() -> Vec<Route<Api>> {
    vec![
        route(Method::POST, "/v1/applications/{id}/authorise", to!(authorise(path, body)))
            .once()
            .by(CENTER)
            .under("二")
            .says("授权（一赛一授权）或审批：定下逐行的发证方案；同一大赛的各份申报在一个授权之下"),
        route(Method::GET, "/v1/applications/{id}/authorisation", to!(authorisation(path)))
            .by(ALL)
            .under("二")
            .says("查看一份申报所属的授权；取得授权书的下载链接"),
        route(Method::PUT, "/v1/applications/{id}/authorisation", to!(enter_authorisation_number(path, body)))
            .by(CENTER)
            .under("二")
            .says("登记授权编号：授权时没有填写的"),
        route(Method::POST, "/v1/applications/{id}/authorisation/withdraw", to!(withdraw_authorisation(path, body)))
            .once()
            .by(CENTER)
            .under("二")
            .says("在赋码之前撤销授权或审批，写明理由；申报回到已提交"),
        route(Method::GET, "/v1/authorisations", to!(find_authorisation(query))).by(ALL).under("二").says("按授权编号查找授权"),
        route(Method::POST, "/v1/applications/{id}/declaration", to!(declare(path, body)))
            .once()
            .by(UNIT)
            .under("六、（二）")
            .says("牵头主办单位声明申报信息真实准确，写明声明人；材料更换或申报退回后须重新声明"),
        route(Method::POST, "/v1/applications/{id}/originals", to!(receive_originals(path, body)))
            .once()
            .by(REVIEWER)
            .under("五、（一）")
            .says("登记收到的纸质材料：哪些、何时、由谁交来，有缺陷的写明；不写明材料的为全部"),
        route(Method::PUT, "/v1/applications/{id}/filing", to!(receive_filing(path)))
            .by(BODY)
            .under("五、（一）")
            .says("备案机构登记收到备案：提交后即可查看、登记；材料更换或申报退回后须重新登记"),
        route(Method::POST, "/v1/applications/{id}/return", to!(send_back(path, body)))
            .once()
            .by(CENTER)
            .under("五、（一）")
            .says("退回申报，写明理由"),
        route(Method::POST, "/v1/applications/{id}/withdraw", to!(withdraw_application(path, body)))
            .once()
            .by(UNIT)
            .under("五、（一）")
            .says("申报单位在授权前撤回申报，写明理由；改正后可重新提交，选手也可另行申报"),
        route(Method::POST, "/v1/applications/{id}/qualify", to!(qualify(path, body)))
            .once()
            .by(REVIEWER)
            .under("五、（二）")
            .says("资格审核：未列为不通过的各行即为通过，同时赋码"),
        route(Method::GET, "/v1/applications/{id}/statement", to!(statement(path, query)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("本机构的资格审核意见，分页：各行通过、不予通过的理由、仍予通过的理由；不含其他机构审核的行"),
        route(Method::GET, "/v1/applications/{id}/supervision", to!(supervision(path, query)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("取得一批证书录入职业技能等级认定监管系统的数据表（Excel，列的设置待确认）；链接五分钟内有效"),
        route(Method::GET, "/v1/applications/{id}/review-draft", to!(review_draft(path)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("取得本机构暂存的审核意见"),
        route(Method::PUT, "/v1/applications/{id}/review-draft", to!(save_draft(path, body)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("暂存审核意见，写明所见的版次；他人已改过的不予覆盖"),
        route(Method::DELETE, "/v1/applications/{id}/review-draft", to!(discard_draft(path, query)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("弃去暂存的审核意见，写明所见的版次"),
        route(Method::POST, "/v1/applications/{id}/archive", to!(archive(path, body)))
            .once()
            .by(REVIEWER)
            .under("五、（二）")
            .says("资料存档：成卷、封存；已有的卷没有变动时即为该卷"),
        route(Method::GET, "/v1/applications/{id}/archive", to!(volumes(path))).by(ALL).under("五、（二）").says("列出各卷"),
        route(Method::POST, "/v1/applications/{id}/archive/{edition}/consult", to!(consult(path, body)))
            .by(REVIEWER)
            .under("五、（二）")
            .says("查阅一卷，写明事由；取得卷内各文件的下载链接"),
    ]
}

fn printing() -> Vec<Route<Api>> {
    vec![
        route(Method::POST, "/v1/printers/calibration", to!(calibrate(body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("打印机校准：按量得的五个十字算出偏移和缩放，并给出校准页；不作任何登记"),
        route(Method::POST, "/v1/applications/{id}/print", to!(print(path, body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("取用空白证书，生成按流水号排列的打印文件"),
        route(Method::POST, "/v1/applications/{id}/print/preview", to!(preview_run(path, body)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("打印预览：第一张和最后一张证书与各自的流水号，带“样张”水印；不取用空白证书，查看记入留痕"),
        route(Method::POST, "/v1/applications/{id}/print-again", to!(print_again(path)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("打印失败的，排除原因后重新生成：编码、流水号不变"),
        route(Method::POST, "/v1/applications/{id}/void-sheet", to!(jam(path, body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("卡纸：作废这一张，其后的证书顺移"),
    ]
}

fn certificates() -> Vec<Route<Api>> {
    vec![
        route(Method::GET, "/v1/certificates/{code}", to!(certificate(path)))
            .by(ALL)
            .under("四")
            .says("按证书编码或编号查找证书，其他机构给的编号也可以"),
        route(Method::POST, "/v1/certificates/{code}/reissue", to!(reissue(path, body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("补发：编码或编号不变，换一张空白证书"),
        route(Method::POST, "/v1/certificates/{code}/correct", to!(correct(path, body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("更正：编码本身有误的，注销原编码，另赋新码；更换颁证机构、等级或获奖选手须另提申请"),
        route(Method::POST, "/v1/certificates/{code}/corrections", to!(request_correction(path, body)))
            .once()
            .status(StatusCode::ACCEPTED)
            .by(REVIEWER)
            .under("三、（二）")
            .says("提出须经批准的更正申请"),
        route(Method::GET, "/v1/applications/{id}/corrections", to!(correction_requests(path)))
            .by(REVIEWER)
            .under("三、（二）")
            .says("列出一份申报的更正申请"),
        route(Method::GET, "/v1/corrections", to!(waiting_corrections())).by(CENTER).under("三、（二）").says("待本中心批准的更正申请"),
        route(Method::POST, "/v1/applications/{id}/corrections/{number}/approve", to!(approve_correction(path)))
            .once()
            .by(CENTER)
            .under("三、（二）")
            .says("批准更正（须是提出申请以外的另一人），同时办理"),
        route(Method::POST, "/v1/applications/{id}/corrections/{number}/reject", to!(reject_correction(path, body)))
            .once()
            .by(CENTER)
            .under("三、（二）")
            .says("驳回更正申请，写明原因"),
        route(Method::POST, "/v1/certificates/changes", to!(change_several(body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("按名单成批补发、更正或注销，同一事由；先逐份核对，有一份不能办的都不办；可先预览"),
        route(Method::POST, "/v1/certificates/{code}/revoke", to!(revoke(path, body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("注销：该编码不再有效，也不再使用"),
    ]
}

fn publications() -> Vec<Route<Api>> {
    vec![
        route(Method::POST, "/v1/publications", to!(apply_for_publication(body)))
            .once()
            .status(StatusCode::CREATED)
            .by(ALL)
            .under("五、（三）")
            .says("申报信息上网：一批新增、更正或注销；职业技能等级证书由颁证机构、专项职业能力证书由牵头主办单位申报"),
        route(Method::GET, "/v1/publications", to!(publications())).by(ALL).under("五、（三）").says("列出信息上网的各批"),
        route(Method::GET, "/v1/publications/{applicant}/{number}", to!(publication(path)))
            .by(ALL)
            .under("五、（三）")
            .says("查看一批；取得数据表和表5的下载链接"),
        route(Method::POST, "/v1/publications/{applicant}/{number}/review", to!(review_publication(path)))
            .once()
            .by(CENTER)
            .under("五、（三）")
            .says("审核通过一批"),
        route(Method::POST, "/v1/publications/{applicant}/{number}/return", to!(return_publication(path, body)))
            .once()
            .by(CENTER)
            .under("五、（三）")
            .says("退回一批，写明理由；其中的证书可重新申报"),
        route(Method::POST, "/v1/publications/{applicant}/{number}/uploaded", to!(note_upload(path)))
            .once()
            .by(CENTER)
            .under("五、（三）")
            .says("登记一批已上传"),
        route(Method::POST, "/v1/publications/{applicant}/{number}/confirm", to!(confirm_publication(path, body)))
            .once()
            .by(CENTER)
            .under("五、（三）")
            .says("用查询网站的结果确认一批已上网；缺少或不同的逐条列出"),
    ]
}

fn sheets() -> Vec<Route<Api>> {
    vec![
        route(Method::GET, "/v1/sheets", to!(books())).by(REVIEWER).under("三、（二）").says("空白证书库存"),
        route(Method::GET, "/v1/sheets/ledger", to!(ledger(query))).by(REVIEWER).under("三、（二）").says("空白证书台账"),
        route(Method::POST, "/v1/sheets/count", to!(count_sheets(body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("盘点：实有号码与账面对照"),
        route(Method::POST, "/v1/sheets/destroy", to!(propose_destruction(body)))
            .once()
            .status(StatusCode::ACCEPTED)
            .by(REVIEWER)
            .under("三、（二）")
            .says("提出销毁作废的空白证书（第一人签字）"),
        route(Method::POST, "/v1/sheets/destroy/confirm", to!(confirm_destruction(body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("监督人确认销毁（第二人签字）"),
        route(Method::POST, "/v1/sheets/ask", to!(ask_for_sheets(body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("申领空白证书：种类、张数、事由；省职鉴中心分配号段，或不予领用"),
        route(Method::POST, "/v1/sheets/refuse", to!(refuse_sheets(body)))
            .once()
            .by(CENTER)
            .under("三、（二）")
            .says("对申领不予领用，写明原因"),
        route(Method::POST, "/v1/sheets/{movement}", to!(move_sheets(path, body)))
            .once()
            .by(REVIEWER)
            .under("三、（二）")
            .says("空白证书入库、领用、收回、作废、遗失、签收；前三项只限省职鉴中心"),
    ]
}

fn hand_out() -> Vec<Route<Api>> {
    vec![
        route(Method::GET, "/v1/applications/{id}/collection", to!(collections(path)))
            .by(ALL)
            .under("五、（四）")
            .says("各颁证机构这批证书的领取情况和领取、发放清单"),
        route(Method::POST, "/v1/applications/{id}/collection", to!(collect(path, body)))
            .once()
            .by(REVIEWER)
            .under("五、（四）")
            .says("登记主办单位领取证书，生成领取、发放清单"),
        route(Method::GET, "/v1/applications/{id}/hand-outs", to!(hand_outs(path, query)))
            .by(ALL)
            .under("五、（四）")
            .says("逐人列出证书发放情况"),
        route(Method::POST, "/v1/applications/{id}/hand-outs/search", to!(find_winners(path, body)))
            .by(ALL)
            .under("五、（四）")
            .says("按姓名或证书编码、编号的一部分，或证书二维码的内容，查找一份申报中的获奖选手和证书所在"),
        route(Method::PUT, "/v1/applications/{id}/hand-outs", to!(enter_hand_outs(path, body)))
            .by(UNIT)
            .under("五、（四）")
            .says("逐人登记证书已发放，或撤回登记"),
        route(Method::GET, "/v1/hand-outs/overdue", to!(overdue())).by(ALL).under("五、（四）").says("逾期未领取、未发放的证书"),
        route(Method::POST, "/v1/statistics/{year}", to!(order_statistics(path)))
            .once()
            .status(StatusCode::ACCEPTED)
            .by(CENTER)
            .says("统计一年的发证情况"),
        route(Method::GET, "/v1/statistics/{year}", to!(statistics(path))).by(CENTER).says("取得一年的统计结果"),
    ]
}

fn center() -> Vec<Route<Api>> {
    vec![
        route(Method::GET, "/v1/rulebook", to!(rulebook())).by(ALL).says("正在适用的通知和目录"),
        route(Method::PUT, "/v1/rulebook/{kind}/{name}", to!(place(path, body))).by(CENTER).says("替换一份通知或目录；有误的不予采用"),
        route(Method::POST, "/v1/rulebook/{kind}/{name}/check", to!(check_part(path, body)))
            .by(CENTER)
            .says("检查一份通知或目录，逐行给出与现行文本的不同；不予采用"),
        route(Method::DELETE, "/v1/rulebook/{kind}/{name}", to!(withdraw(path)))
            .by(CENTER)
            .says("撤回替换的通知或目录，恢复随系统提供的内容；其后整套有误的不予撤回"),
        route(Method::GET, "/v1/bodies", to!(bodies())).by(CENTER).under("二、（二）").says("备案的评价机构名册"),
        route(Method::PUT, "/v1/bodies", to!(enter_body(body))).by(CENTER).under("二、（二）").says("登记备案的评价机构"),
        route(Method::PUT, "/v1/accounts/sign-out", to!(sign_out(body))).by(CENTER).says("结束一个账号在控制台的全部登录"),
        route(Method::GET, "/v1/blocked", to!(blocked())).by(CENTER).says("处理受阻的事项：系统多次重试仍未办成，已停止重试"),
        route(Method::POST, "/v1/blocked/try-again", to!(try_again())).by(CENTER).says("原因排除后，重新办理全部受阻的事项"),
        // Before `{key}`: no account is called so.
        route(Method::GET, "/v1/accounts/own", to!(own_account(caller)))
            .by(ALL)
            .under(ACCOUNTS)
            .says("本人账号：角色、单位、申请办到哪一步；没有角色的账号也可查看"),
        route(Method::PUT, "/v1/accounts/own", to!(apply_for_account(caller, body)))
            .by(ALL)
            .under(ACCOUNTS)
            .says("为本人申请账号，或在开通前改正申请；没有角色的账号也可申请"),
        route(Method::GET, "/v1/accounts", to!(accounts(query)))
            .by(CENTER)
            .under(ACCOUNTS)
            .says("分页列出由本中心开通的账号，待开通的在前，可按状态筛选"),
        route(Method::GET, "/v1/accounts/{key}", to!(account(path))).by(CENTER).under(ACCOUNTS).says("查看一个账号和它的留痕"),
        route(Method::PUT, "/v1/accounts/{key}/{decision}", to!(decide_account(path, body)))
            .by(CENTER)
            .under(ACCOUNTS)
            .says("开通、不予开通、停用、恢复、终止一个账号；自己的账号由另一人办理，停用和终止即结束其在控制台的全部登录"),
        route(Method::GET, "/v1/audit", to!(facts(query))).by(CENTER).says("分页取得核对编码和流水号所需的全部记录"),
        // It describes this table, so it is answered here.
        route(
            Method::GET,
            "/v1/openapi.json",
            ("describe", |api: &Api, _: Call<Actor, (), (), ()>| Box::pin(async move { api.describe().await })),
        )
        .by(ALL)
        .says("本接口的 OpenAPI 说明"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PUT is the same twice; a POST is not, unless it stands here: it only tells, or has tried again what is tried again already.
    #[test]
    fn every_post_is_carried_out_once_but_those_that_only_tell() {
        for route in all() {
            let only_tells = [
                "uploads",
                "consult",
                "search",
                "samples",
                "preview_run",
                "reveal",
                "find_winners",
                "calibrate",
                "try_again",
                "check_part",
                "verify_list",
            ]
            .contains(&route.name);
            assert_eq!(route.once, route.method == Method::POST && !only_tells, "{} {}", route.method, route.path);
        }
    }
}
