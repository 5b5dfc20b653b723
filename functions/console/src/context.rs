//! What a page or an action has before it: who asks, what for, and the operations.

use lambda_http::http::StatusCode;
use maud::{Markup, html};
use operations::Operations;
use rules::values::party::{Actor, Role};

use crate::fields::Fields;
use crate::session::{Visitor, random};
use crate::settings::Settings;

/// The menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Menu {
    Desk,
    Create,
    Applications,
    Certificates,
    Sheets,
    Publications,
    HandOut,
    Statistics,
    Search,
    Settings,
    Help,
}

impl Menu {
    /// In the order in which they stand there.
    pub(crate) const ALL: [Self; 11] = [
        Self::Desk,
        Self::Create,
        Self::Applications,
        Self::Certificates,
        Self::Sheets,
        Self::Publications,
        Self::HandOut,
        Self::Statistics,
        Self::Search,
        Self::Settings,
        Self::Help,
    ];

    /// What it is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Desk => "工作台",
            Self::Create => "新建申报",
            Self::Applications => "申报",
            Self::Certificates => "证书",
            Self::Sheets => "空白证书",
            Self::Publications => "信息上网",
            Self::HandOut => "发放",
            Self::Statistics => "统计",
            Self::Search => "综合查询",
            Self::Settings => "设置",
            Self::Help => "帮助",
        }
    }

    /// Where it leads.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Desk => "/console/",
            Self::Create => "/console/applications/new",
            Self::Applications => "/console/applications",
            Self::Certificates => "/console/certificates",
            Self::Sheets => "/console/sheets",
            Self::Publications => "/console/publications",
            Self::HandOut => "/console/hand-out",
            Self::Statistics => "/console/statistics",
            Self::Search => "/console/search",
            Self::Settings => "/console/settings",
            Self::Help => "/console/help",
        }
    }

    /// What is done there.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Desk => "等待本账号办理的申报，等得最久的在前；各环节的份数",
            Self::Create => "按大赛文件填写大赛、主办单位和赛项，然后上传材料",
            Self::Applications => "全部可见的申报：材料、检查结果、逐行方案、样张、授权、审核、打印、存档",
            Self::Certificates => "按编码或编号查证书；补发、更正、注销，一份或一批",
            Self::Sheets => "入库、申领、领用、盘点、作废、销毁和台账",
            Self::Publications => "信息上网：申报、审核、上传、确认",
            Self::HandOut => "领取和发放，逐人登记",
            Self::Statistics => "按年统计",
            Self::Search => "按姓名、证件号码、证书编码或编号、授权编号查找",
            Self::Settings => "账号、通知和目录、评价机构名册",
            Self::Help => "键盘和须知",
        }
    }

    /// Whether there is something behind it for that role; what an account may do there, `operations` decides.
    pub(crate) fn is_for(self, role: Role) -> bool {
        match self {
            Self::Create => role == Role::Unit,
            Self::Sheets => role != Role::Unit,
            Self::Statistics | Self::Settings => role == Role::Center,
            Self::Desk | Self::Applications | Self::Certificates | Self::Publications | Self::HandOut | Self::Search | Self::Help => true,
        }
    }
}

/// Everything that a page is made from.
pub(crate) struct Context<'a> {
    pub(crate) operations: &'a Operations,
    pub(crate) settings: &'a Settings,
    pub(crate) visitor: &'a Visitor,
    /// The path of the page: of a form that was sent, the page's that it stands on.
    pub(crate) path: &'a str,
    /// What stands behind the question mark of the page's address.
    pub(crate) query: &'a Fields,
    /// Where a form was sent to; empty where none was.
    pub(crate) sent: &'a str,
    /// What was sent; empty where nothing was.
    pub(crate) form: &'a Fields,
}

impl Context<'_> {
    /// Who asks.
    pub(crate) fn actor(&self) -> &Actor {
        &self.visitor.actor
    }

    /// What was typed into the form of that address, if it was that one that was sent: it is shown again in its fields.
    pub(crate) fn typed(&self, action: &str) -> &Fields {
        if self.is_sent(action) { self.form } else { Fields::NONE }
    }

    /// Whether the form of that address was sent: what it is folded into is open then.
    pub(crate) fn is_sent(&self, action: &str) -> bool {
        self.sent == action
    }

    /// Whether the visitor is the Center that decides on contests of a jurisdiction.
    pub(crate) fn decides(&self, jurisdiction: &str) -> bool {
        self.actor().role == Role::Center && self.actor().organisation == jurisdiction
    }

    /// A form that changes something: it carries what only a page of this session can, and a name by which it is carried out once.
    pub(crate) fn form(&self, action: &str, content: Markup) -> Markup {
        html! { form method="post" action=(action) { (self.hidden()) (content) } }
    }

    /// The same, with much to type: the script warns whoever leaves it with something typed.
    pub(crate) fn kept_form(&self, action: &str, content: Markup) -> Markup {
        html! { form method="post" action=(action) data-kept { (self.hidden()) (content) } }
    }

    /// The same, with its fields in a line.
    pub(crate) fn line(&self, action: &str, content: Markup) -> Markup {
        html! { form .line method="post" action=(action) { (self.hidden()) (content) } }
    }

    /// The same, with a file.
    pub(crate) fn with_file(&self, action: &str, content: Markup) -> Markup {
        html! { form method="post" action=(action) enctype="multipart/form-data" { (self.hidden()) (content) } }
    }

    fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="token" value=(self.visitor.form_token);
            input type="hidden" name="once" value=(random());
            @if let Some(page) = self.query.as_page() { input type="hidden" name="page" value=(page); }
        }
    }
}

/// A page, without what stands around each.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) here: Menu,
    pub(crate) body: Markup,
}

impl Page {
    /// A page of that part of the menu.
    pub(crate) fn new(here: Menu, title: impl Into<String>, body: Markup) -> Self {
        Self { status: StatusCode::OK, title: title.into(), here, body }
    }
}

/// A label with its field.
pub(crate) fn field(label: &str, field: Markup) -> Markup {
    html! { label .field { span { (label) } (field) } }
}
