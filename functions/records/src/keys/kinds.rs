//! The kinds of items in the table, and how the audit knows that one is as it was written (docs/decisions/0016).

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What an item is, by the first word of its sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
pub enum ItemKind {
    /// An account.
    Account,
    /// What an approval allocated.
    Allocation,
    /// What the world has not been told yet.
    Announcement,
    /// Who has ever applied for publication.
    Applicant,
    /// An application.
    Application,
    /// An entry of an application's trail.
    Audit,
    /// The authorisation of a contest.
    Authorisation,
    /// A claim on an award.
    Award,
    /// A batch of the publication.
    Batch,
    /// A filed body.
    Body,
    /// A holder's stock of sheets.
    Book,
    /// A certificate.
    Certificate,
    /// A chunk that is printed.
    Chunk,
    /// Who collected a lot.
    Collection,
    /// A correction; a request for one, or its place on the list.
    Correction,
    /// The next number of a prefix.
    Counter,
    /// What stays of a deleted application.
    Deleted,
    /// Sheets that one of two has signed away.
    Destruction,
    /// A review on its way.
    Draft,
    /// The end of a chain that has no item of its own.
    End,
    /// That others gave a number to a certificate.
    External,
    /// A print job that ended without paper.
    Failure,
    /// That an application is handed in to a filed body: its place on that body's list.
    Filing,
    /// The key of the holder guard.
    #[strum(serialize = "GUARD/KEY")]
    GuardKey,
    /// That a winner has the certificate.
    HandOut,
    /// An entry of a chain that the Center keeps.
    History,
    /// A public key that QR codes were signed with.
    Key,
    /// A line of a ledger.
    Line,
    /// The latest verdict on a material.
    Material,
    /// That the number of an authorisation is taken.
    Number,
    /// A place at which a unit's work is done, while it is taken.
    Place,
    /// A note that somebody was promoted in a year.
    Promotion,
    /// A winner without a code.
    Record,
    /// The sheets that came from the printing house.
    Register,
    /// A PDF to be drawn anew.
    Renewal,
    /// A request that may come again.
    Request,
    /// Where somebody stands, by the HMAC of a name or number.
    Row,
    /// A print run.
    Run,
    /// That somebody has logged in to the console.
    Session,
    /// Which parts of the rulebook are replaced.
    Set,
    /// That somebody reviews rows of an application.
    Share,
    /// That the Center has ended the sessions of an account.
    SignedOut,
    /// An archive volume.
    Volume,
    /// How often something was asked for.
    Window,
    /// The order to count a year.
    Year,
    /// The order to put certificates into one file.
    Zip,
}

/// How the audit knows that an item is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// An entry holds a digest of it: each transaction that writes it enters one, or is refused (`Cloud::transact`).
    Digest,
    /// A root over a hundred of them stands in the approval's entry, and a digest in the entry of each later change.
    Root,
    /// It is an entry of a chain.
    Chain,
    /// It must be what other items make it.
    Others,
    /// It has none: nothing that counts rests on it.
    None,
}

impl ItemKind {
    /// The kind of the item with this key; none that this build knows.
    pub fn of(pk: &str, sk: &str) -> Option<Self> {
        match (pk, sk) {
            ("GUARD", "KEY") => Some(Self::GuardKey),
            _ => sk.split('#').next().unwrap_or_default().parse().ok(),
        }
    }

    /// All kinds.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// How the audit knows that such an item is as it was written.
    pub fn proof(self) -> Proof {
        match self {
            Self::Account
            | Self::Allocation
            | Self::Applicant
            | Self::Application
            | Self::Authorisation
            | Self::Batch
            | Self::Body
            | Self::Collection
            | Self::Correction
            | Self::Deleted
            | Self::HandOut
            | Self::Key
            | Self::Material
            | Self::Number
            | Self::Run
            | Self::Set
            | Self::Share
            | Self::Volume => Proof::Digest,
            Self::Certificate | Self::Record => Proof::Root,
            Self::Audit | Self::History | Self::Line => Proof::Chain,
            Self::Award | Self::Book | Self::Counter | Self::End | Self::GuardKey | Self::Register => Proof::Others,
            Self::Announcement
            | Self::Chunk
            | Self::Destruction
            | Self::Draft
            | Self::External
            | Self::Failure
            | Self::Filing
            | Self::Place
            | Self::Promotion
            | Self::Renewal
            | Self::Request
            | Self::Row
            | Self::Session
            | Self::SignedOut
            | Self::Window
            | Self::Year
            | Self::Zip => Proof::None,
        }
    }

    /// Whether trails hold digests of such items.
    pub(crate) fn is_covered(self) -> bool {
        matches!(self.proof(), Proof::Digest | Proof::Root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: the words stand in the keys of tables.
    #[test]
    fn the_words_are_those_that_keys_hold() {
        let words: Vec<&str> = ItemKind::ALL.iter().map(|kind| (*kind).into()).collect();
        let expected = "ACCOUNT ALLOCATION ANNOUNCEMENT APPLICANT APPLICATION AUDIT AUTHORISATION AWARD BATCH BODY BOOK CERTIFICATE CHUNK COLLECTION CORRECTION COUNTER \
                        DELETED DESTRUCTION DRAFT END EXTERNAL FAILURE FILING GUARD/KEY HANDOUT HISTORY KEY LINE MATERIAL NUMBER PLACE PROMOTION RECORD REGISTER RENEWAL REQUEST ROW RUN SESSION SET SHARE SIGNEDOUT \
                        VOLUME WINDOW YEAR ZIP";
        assert_eq!(words.join(" "), expected);
        assert_eq!(ItemKind::of("APPLICATION#aaaaaaaaaaaaaaaa", "RUN#center-00#00000"), Some(ItemKind::Run));
        assert_eq!((ItemKind::of("GUARD", "KEY"), ItemKind::of("ATTESTATION", "KEY#00")), (Some(ItemKind::GuardKey), Some(ItemKind::Key)));
        assert_eq!((ItemKind::of("RULEBOOK", "GUARDKEY"), ItemKind::of("RULEBOOK", "TOMORROW#1")), (None, None));
    }
}
