//! A browser without a screen: it keeps cookies, follows redirects, and fills in the forms of the pages that it is shown.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use reqwest::blocking::multipart::{Form, Part};
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::redirect::Policy;
use reqwest::{Method, Url};

use crate::saizheng::Stack;

/// Somebody at the console.
pub struct Browser {
    http: reqwest::blocking::Client,
    entry: Url,
    /// By name; as browsers do, for the host whatever the port.
    pub cookies: BTreeMap<String, String>,
}

/// A page that was shown.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The HTTP status.
    pub status: u16,
    /// Where it is.
    pub url: Url,
    /// Its headers, names in small letters; of those that come several times the last.
    pub headers: BTreeMap<String, String>,
    /// What cookies were set, as they were set.
    pub set_cookies: Vec<String>,
    /// Its text.
    pub text: String,
}

/// A form of a page.
#[derive(Debug, Clone)]
pub struct FoundForm {
    /// Where it is sent to.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<(String, String)>,
    /// What is written on it and its buttons, with tags.
    pub markup: String,
}

/// A page as whoever reads it sees it: without what stands for quotes and brackets.
fn plain(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The value of an attribute in a tag's text.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    Some(plain(rest.split('"').next()?))
}

impl Seen {
    /// All its forms.
    pub fn forms(&self) -> Vec<FoundForm> {
        let of = |part: &str| {
            let (tag, rest) = part.split_once('>')?;
            let markup = rest.split("</form>").next().unwrap_or_default().to_owned();
            let inputs = markup.split("<input").skip(1).map(|input| input.split('>').next().unwrap_or_default());
            let hidden = inputs.filter(|input| input.contains("type=\"hidden\""));
            let hidden = hidden.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())));
            Some(FoundForm { action: attribute(tag, "action")?, hidden: hidden.collect(), markup: markup.clone() })
        };
        self.text.split("<form").skip(1).filter_map(of).collect()
    }

    /// The form that is sent to a path with this end.
    pub fn form(&self, end: &str) -> Result<FoundForm> {
        let found = self.forms().into_iter().find(|form| form.action.ends_with(end));
        found.with_context(|| format!("{}: no form to {end}: {}", self.url, self.text))
    }

    /// The form with a button of that name, as that button sends it.
    pub fn form_with(&self, button: &str) -> Result<FoundForm> {
        let end = format!(">{button}</button>");
        let found = self.forms().into_iter().find(|form| form.markup.contains(&end));
        let mut form = found.with_context(|| format!("{}: no button {button}: {}", self.url, self.text))?;
        let tag = form.markup.split(&end).next().and_then(|before| before.rsplit("<button").next()).unwrap_or_default();
        if let Some(action) = attribute(tag, "formaction") {
            form.action = action;
        }
        Ok(form)
    }

    /// That it was shown, and has this text.
    pub fn expect(&self, text: &str) -> Result<()> {
        ensure!(self.status == 200 && self.text.contains(text), "{}: {} without {text}: {}", self.url, self.status, self.text);
        Ok(())
    }
}

impl Browser {
    /// A new one, without cookies.
    pub fn of(stack: &Stack) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::blocking::Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { http, entry: Url::parse(&stack.servers()?.entry)?, cookies: BTreeMap::new() })
    }

    /// A new one, with somebody logged in by the button of that name.
    pub fn logged_in(stack: &Stack, account: &str) -> Result<Self> {
        let mut browser = Self::of(stack)?;
        let chosen = browser.choose(account)?;
        chosen.expect("进入控制台")?;
        browser.get("/console/")?.expect("工作台")?;
        Ok(browser)
    }

    /// Comes to the issuer's page and chooses the account; what comes of it.
    pub fn choose(&mut self, account: &str) -> Result<Seen> {
        let page = self.get("/console/login")?;
        page.expect("选择账号")?;
        let form = page.form_with(account)?;
        let subject = attribute(form.markup.split("<button").nth(1).context("a button")?, "value").context("value")?;
        self.submit(&page, &form, &[("account", &subject)])
    }

    /// The address of the console.
    pub fn address(&self, path: &str) -> Result<Url> {
        Ok(self.entry.join(path)?)
    }

    /// Opens a page, and goes wherever it leads.
    pub fn get(&mut self, path: &str) -> Result<Seen> {
        let url = self.entry.join(path)?;
        let request = self.http.get(url.clone());
        self.follow(url, request)
    }

    /// Opens a page, and goes nowhere.
    pub fn look(&mut self, path: &str) -> Result<Seen> {
        let url = self.entry.join(path)?;
        let request = self.http.get(url.clone());
        self.send(url, request)
    }

    /// Opens a page as a browser that takes it compressed: the status, and how many bytes come over the line.
    pub fn weigh(&mut self, path: &str) -> Result<(u16, usize)> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.get(self.entry.join(path)?).header("accept-encoding", "gzip").header("cookie", cookies.join("; "));
        let response = request.send()?;
        Ok((response.status().as_u16(), response.bytes()?.len()))
    }

    /// Fetches a file of the console.
    pub fn download(&self, path: &str) -> Result<Vec<u8>> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = self.http.get(self.entry.join(path)?).header("cookie", cookies.join("; ")).send()?;
        ensure!(response.status().as_u16() == 200, "{path}: {}", response.status());
        Ok(response.bytes()?.to_vec())
    }

    /// Sends a form of a page with what is typed, and goes wherever it leads.
    pub fn submit(&mut self, page: &Seen, form: &FoundForm, typed: &[(&str, &str)]) -> Result<Seen> {
        let url = page.url.join(&form.action)?;
        let mut fields: Vec<(&str, &str)> = form.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend(typed);
        let request = self.http.post(url.clone()).form(&fields).header("origin", page.url.origin().ascii_serialization());
        self.follow(url, request)
    }

    /// Sends a form as something else than a page of the console would.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Result<Seen> {
        let url = self.entry.join(path)?;
        let request = self.http.post(url.clone()).form(fields);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(url, request)
    }

    /// Sends a file with the form of a page.
    pub fn upload(&mut self, page: &Seen, form: &FoundForm, bytes: &[u8]) -> Result<Seen> {
        let url = page.url.join(&form.action)?;
        let parts = form.hidden.iter().fold(Form::new(), |parts, (name, value)| parts.text(name.clone(), value.clone()));
        let parts = parts.part("file", Part::bytes(bytes.to_vec()).file_name("file"));
        let request = self.http.post(url.clone()).multipart(parts).header("origin", page.url.origin().ascii_serialization());
        self.follow(url, request)
    }

    fn follow(&mut self, url: Url, request: RequestBuilder) -> Result<Seen> {
        let mut seen = self.send(url, request)?;
        for _ in 0..8 {
            let Some(location) = seen.headers.get("location").filter(|_| seen.status == 303) else { return Ok(seen) };
            let url = seen.url.join(location)?;
            seen = self.send(url.clone(), self.http.request(Method::GET, url))?;
        }
        bail!("{}: redirects without an end", seen.url)
    }

    fn send(&mut self, url: Url, request: RequestBuilder) -> Result<Seen> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let seen = seen(url, request.send()?)?;
        for set in &seen.set_cookies {
            let (name, rest) = set.split_once('=').context("a cookie")?;
            let value = rest.split(';').next().unwrap_or_default();
            match set.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        Ok(seen)
    }
}

fn seen(url: Url, response: Response) -> Result<Seen> {
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let set_cookies = response.headers().get_all("set-cookie").iter().map(text).collect();
    let status = response.status().as_u16();
    Ok(Seen { status, url, headers, set_cookies, text: response.text()? })
}
