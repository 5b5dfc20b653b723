//! What was typed into a form, or stands behind the question mark of an address.

use std::convert::Infallible;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::stream;
use lambda_http::Body;
use multer::Multipart;
use operations::Refusal;

/// The longest body of a form, in bytes.
const MAX_FORM: usize = 4 * 1024 * 1024;

/// Names and values, in the order of the form.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// No fields.
    pub(crate) const NONE: &'static Self = &Self(Vec::new());

    /// Of an address.
    pub(crate) fn of_query(query: &str) -> Self {
        Self(serde_urlencoded::from_str(query).unwrap_or_default())
    }

    /// Of the address of the page that a form stands on ([`Self::as_page`]).
    pub(crate) fn of_page(form: &Self) -> Self {
        Self::of_query(form.get("page").unwrap_or_default())
    }

    /// What a form carries of the address of its page: the place in a list, not what was done before.
    pub(crate) fn as_page(&self) -> Option<String> {
        let place = self.with("done", "");
        (!place.is_empty()).then_some(place)
    }

    /// These.
    pub(crate) fn of(fields: Vec<(&str, String)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Of a form's body; of one with a file (RFC 7578) the file as base64.
    pub(crate) async fn of_form(body: &Body, content_type: &str) -> Result<Self, Refusal> {
        let bytes: &[u8] = match body {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        };
        if bytes.len() > MAX_FORM {
            return Err(Refusal::Malformed("表单内容过长，请分次办理".to_owned()));
        }
        let read = match multer::parse_boundary(content_type) {
            Ok(boundary) => parts(bytes.to_vec(), boundary).await.ok(),
            Err(_) => serde_urlencoded::from_bytes(bytes).ok(),
        };
        read.map(Self).ok_or_else(|| Refusal::Malformed("表单内容无法读取，请返回重新填写".to_owned()))
    }

    /// The value of that name without surrounding spaces; nothing where there is none, or an empty one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let own = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim());
        own.into_iter().find(|value| !value.is_empty())
    }

    /// The same; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// The same, where there is one.
    pub(crate) fn some(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// All values of that name.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value of the `index`-th field of that name, empty ones counted: of forms with several of a kind.
    pub(crate) fn raw<'f>(&'f self, name: &str, index: usize) -> Option<&'f str> {
        self.0.iter().filter(|(known, _)| known == name).nth(index).map(|(_, value)| value.trim())
    }

    /// How many fields of that name there are, empty ones counted.
    pub(crate) fn many(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == name).count()
    }

    /// What follows a prefix in names, with the values: `refuse-7`.
    pub(crate) fn numbered<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (u32, &'f str)> {
        let number = move |name: &str| name.strip_prefix(prefix)?.parse().ok();
        let all = self.0.iter().filter_map(move |(name, value)| Some((number(name)?, value.trim())));
        all.filter(|(_, value)| !value.is_empty())
    }

    /// The named part of names that begin alike, with the values: `reason-CONTEST_YEAR`.
    pub(crate) fn named<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        let all = self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())));
        all.filter(|(_, value)| !value.is_empty())
    }

    /// A value that is read; [`Refusal::Malformed`] where it cannot be.
    pub(crate) fn read<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Refusal> {
        let wrong = |_| Refusal::Malformed(format!("{what}填写有误，请核对"));
        self.get(name).map(|value| value.parse().map_err(wrong)).transpose()
    }

    /// The same, of what must be there.
    pub(crate) fn wanted<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<T, Refusal> {
        self.read(name, what)?.ok_or_else(|| Refusal::Malformed(format!("请填写{what}")))
    }

    /// All that makes two submissions of a form the same.
    pub(crate) fn as_parts(&self) -> Vec<&[u8]> {
        self.0.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]).collect()
    }

    /// The same fields with one that is set, or left out where it is empty, as an address.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let kept = self.0.iter().filter(|(known, _)| known != name).map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = kept.chain([(name, value)]).filter(|(_, value)| !value.trim().is_empty()).collect();
        serde_urlencoded::to_string(all).unwrap_or_default()
    }
}

/// The parts of a form with a file, in order.
async fn parts(bytes: Vec<u8>, boundary: String) -> Result<Vec<(String, String)>, multer::Error> {
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(bytes)]), boundary);
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        let value = match part.file_name() {
            Some(_) => BASE64_STANDARD.encode(part.bytes().await?),
            None => part.text().await?,
        };
        fields.push((name, value));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_form_with_a_file_is_read_and_one_that_is_cut_off_is_not() {
        let sent =
            b"--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nt\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; \
            filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\xFF\xD8--x\r\n\r\n--x--\r\n";
        let read = async |bytes: &[u8]| Fields::of_form(&Body::Binary(bytes.to_vec()), "multipart/form-data; boundary=x").await;
        let fields = read(sent).await.expect("a form");
        let file = BASE64_STANDARD.encode(b"\xFF\xD8--x\r\n");
        assert_eq!((fields.get("token"), fields.get("file")), (Some("t"), Some(file.as_str())));
        for length in 0..sent.len() - 6 {
            assert!(read(&sent[..length]).await.is_err(), "cut at {length}");
        }
    }

    #[test]
    fn fields_are_read_without_spaces_and_empty_ones_are_none() {
        let fields = Fields::of_query("name=+%E6%9D%8E+&empty=+&row=7&refuse-3=a&refuse-x=b&refuse-12=");
        assert_eq!((fields.get("name"), fields.get("empty"), fields.get("none")), (Some("李"), None, None));
        assert_eq!(fields.wanted::<u32>("row", "行").ok(), Some(7));
        assert!(matches!(fields.wanted::<u32>("name", "行"), Err(Refusal::Malformed(message)) if message == "行填写有误，请核对"));
        assert_eq!(fields.numbered("refuse-").collect::<Vec<_>>(), [(3, "a")]);
        assert_eq!(fields.with("row", "8"), "name=+%E6%9D%8E+&refuse-3=a&refuse-x=b&row=8");
    }
}
