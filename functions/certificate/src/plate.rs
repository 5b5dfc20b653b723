//! What is the same on every certificate of a layout, made once for the process: border, fixed words, places for photo and
//! seal. It goes into each document as a form of its own, with its own fonts, already deflated.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use printpdf::{DictItem, PdfDocument, XObject, XObjectId};
use rules::notice::layout::Layout;

use crate::canvas::{self, Canvas, Text, Typeset, name, stream};
use crate::embed::{Cuts, Glyphs};
use crate::fonts::Fonts;
use crate::layout::PT_PER_MM;
use crate::seal::Seal;
use crate::{PrintError, Subject, document, frame};

/// The key by which the form is found in the document that printpdf builds.
const MARK: &str = "SaizhengPlate";

/// Name of the seal's picture in the form.
const SEAL: &str = "Seal";

/// A layout, ready to print from.
pub struct Plate {
    layout: Layout,
    /// The seal on it.
    seal: Option<Seal>,
    /// The form, then what it needs; numbered from 1.
    objects: BTreeMap<u32, Object>,
}

impl std::fmt::Debug for Plate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plate").field("form", &self.layout.form).finish_non_exhaustive()
    }
}

impl Plate {
    /// Draws what is fixed, and the seal where the layout has a place for it and art. The texts' fonts are cut from the whole ones: some 20 ms.
    ///
    /// # Errors
    /// [`PrintError`] of [`Subject::Layout`]: a fixed text does not fit its box, or has characters that no font has.
    pub fn new(fonts: &Fonts, layout: &Layout, seal: Option<&Seal>) -> Result<Self, PrintError> {
        let fixed = layout.texts.iter().filter_map(|text| Some((text, text.text.fixed()?, layout.style_of(text)?)));
        let texts: Vec<Typeset> = fixed
            .map(|(text, words, style)| canvas::typeset(fonts, &|| Subject::Layout, &Text::new(&text.part, words, text.at, *style)))
            .collect::<Result<_, _>>()?;
        let letters = seal.map_or("", |seal| if let Seal::Drawn(name) = seal { name } else { "" });
        let missing: Vec<char> = letters.chars().filter(|c| fonts.seal_letter(*c).is_none()).collect();
        if !missing.is_empty() {
            return Err(PrintError::MissingCharacters { of: Subject::Layout, characters: missing });
        }
        let glyphs = Glyphs::of(texts.iter().map(Typeset::shaped));
        let embedded = Cuts::new(fonts, &glyphs)?.embedded(glyphs)?;
        let mut pdf = PdfDocument::new("");
        let [width, height] = layout.page;
        let mut canvas = Canvas::new(&embedded, height);
        canvas.texts(&texts);
        pdf.pages.push(canvas.page(width));
        let mut document = document::lopdf_of(&pdf)?;
        embedded.put_into(&mut document)?;
        Ok(Self { objects: form(document, layout, fonts, seal)?, layout: layout.clone(), seal: seal.cloned() })
    }

    /// What it was made from.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The seal on it.
    pub fn seal(&self) -> Option<&Seal> {
        self.seal.as_ref()
    }

    /// Stands for the form until [`Plate::put_into`].
    pub(crate) fn stand_in() -> (XObjectId, XObject) {
        let entries = vec![(MARK, DictItem::Bool(true)), ("Type", name("XObject")), ("Subtype", name("Form"))];
        (XObjectId("Plate".to_owned()), stream(entries, Vec::new(), false))
    }

    /// Puts the form in the place of its stand-in.
    pub(crate) fn put_into(&self, document: &mut Document) {
        let stand_in = document.objects.iter().find(|(_, object)| object.as_stream().is_ok_and(|stream| stream.dict.has(MARK.as_bytes())));
        let Some((&stand_in, _)) = stand_in else { return };
        let base = document.max_id;
        let moved = |number: u32| if number == 1 { stand_in } else { (base + number, 0) };
        for (number, object) in &self.objects {
            let mut object = object.clone();
            renumber(&mut object, &moved);
            document.objects.insert(moved(*number), object);
        }
        document.max_id = base + self.objects.keys().next_back().copied().unwrap_or(0);
    }
}

/// The page of `document` as a form, with all it refers to.
fn form(mut document: Document, layout: &Layout, fonts: &Fonts, seal: Option<&Seal>) -> Result<BTreeMap<u32, Object>, PrintError> {
    let page = document.page_iter().next().ok_or(PrintError::Empty)?;
    let texts = document.get_page_content(page);
    let mut content = if layout.art { frame::content(layout, fonts, seal).into_bytes() } else { Vec::new() };
    let mut pictures = Dictionary::new();
    if let (true, Some(area), Some(Seal::Image(image))) = (layout.art, layout.seal, seal) {
        let mask = document.add_object(image.mask());
        pictures.set(SEAL, document.add_object(image.object(mask.into())));
        content.extend(image.painted(SEAL, area, layout.page[1]).into_bytes());
    }
    content.extend(texts);
    let (_, resources) = document.get_page_resources(page)?;
    let fonts = resources
        .first()
        .and_then(|id| document.get_dictionary(*id).ok())
        .and_then(|resources| resources.get(b"Font").ok())
        .and_then(|fonts| document.dereference(fonts).ok())
        .map_or_else(|| Object::Dictionary(Dictionary::new()), |(_, fonts)| fonts.clone());
    let [width, height] = layout.page;
    let bounds = [0.0, 0.0, width * PT_PER_MM, height * PT_PER_MM];
    let entries: [(&str, Object); 5] = [
        ("Type", "XObject".into()),
        ("Subtype", "Form".into()),
        ("BBox", bounds.map(Object::Real).to_vec().into()),
        ("Resources", Dictionary::from_iter([("Font", fonts), ("XObject", pictures.into())]).into()),
        ("Filter", "FlateDecode".into()),
    ];
    let form = Stream::new(Dictionary::from_iter(entries), document::deflate(&content)).with_compression(false);
    let mut objects = BTreeMap::from([(1, Object::Stream(form))]);
    gather(&mut document, &mut objects);
    Ok(objects)
}

/// Moves all that the form refers to behind it, deflated.
fn gather(document: &mut Document, objects: &mut BTreeMap<u32, Object>) {
    let mut numbers: BTreeMap<ObjectId, u32> = BTreeMap::new();
    let mut at = 1;
    while let Some(mut object) = objects.remove(&at) {
        let mut wanted = Vec::new();
        references(&object, &mut wanted);
        for id in wanted {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX).saturating_add(2);
            if let std::collections::btree_map::Entry::Vacant(slot) = numbers.entry(id) {
                slot.insert(next);
                objects.insert(next, document.objects.remove(&id).unwrap_or(Object::Null));
            }
        }
        renumber_from(&mut object, &numbers);
        if let Object::Stream(stream) = &mut object
            && !stream.dict.has(b"Filter")
        {
            stream.dict.set("Filter", "FlateDecode");
            stream.set_content(document::deflate(&stream.content));
        }
        objects.insert(at, object);
        at += 1;
    }
}

fn references(object: &Object, found: &mut Vec<ObjectId>) {
    match object {
        Object::Reference(id) => found.push(*id),
        Object::Array(items) => items.iter().for_each(|item| references(item, found)),
        Object::Dictionary(entries) => entries.iter().for_each(|(_, item)| references(item, found)),
        Object::Stream(stream) => stream.dict.iter().for_each(|(_, item)| references(item, found)),
        _ => {}
    }
}

fn renumber_from(object: &mut Object, numbers: &BTreeMap<ObjectId, u32>) {
    each_reference(object, &mut |id| *id = (numbers.get(id).copied().unwrap_or(0), 0));
}

fn renumber(object: &mut Object, moved: &dyn Fn(u32) -> ObjectId) {
    each_reference(object, &mut |id| *id = moved(id.0));
}

fn each_reference(object: &mut Object, change: &mut dyn FnMut(&mut ObjectId)) {
    match object {
        Object::Reference(id) => change(id),
        Object::Array(items) => items.iter_mut().for_each(|item| each_reference(item, change)),
        Object::Dictionary(entries) => entries.iter_mut().for_each(|(_, item)| each_reference(item, change)),
        Object::Stream(stream) => stream.dict.iter_mut().for_each(|(_, item)| each_reference(item, change)),
        _ => {}
    }
}
