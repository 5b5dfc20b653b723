//! The lots of an application, and how far the paper of each certificate is: read once for a listing.

use records::application::Application;
use records::issue::certificates::Certificate;
use records::issue::changes::RenewalProgress;
use records::issue::failures::PrintFailure;
use records::keys::objects::{CHUNK, ObjectKey, PrintOutput, chunks_of};
use rules::issue::allocation::Allocation;
use rules::sheets::run::{Run, current_run};
use rules::values::lot::LotName;
use rules::values::party::Actor;

use crate::Operations;
use crate::links::LINK_LIFETIME;
use crate::refusal::Refusal;
use crate::rows::sees_rows_of;

/// What a listing of certificates is made from, besides the certificates.
pub(crate) struct LotsInView {
    pub(crate) lots: Vec<Allocation>,
    pub(crate) runs: Vec<Run>,
    failures: Vec<PrintFailure>,
    /// The hundreds of certificates whose own PDFs are there, of the lots that the actor may see.
    drawn: Vec<(LotName, usize)>,
    renewals: Vec<RenewalProgress>,
}

impl Operations {
    /// All that a listing of an application's certificates needs to know of its lots.
    pub(crate) async fn lots_in_view(&self, actor: &Actor, application: &Application) -> Result<LotsInView, Refusal> {
        let id = &application.id;
        let lots = self.cloud.allocations().of(id).await?;
        let mut drawn = Vec::new();
        for lot in lots.iter().filter(|lot| sees_rows_of(actor, application, &lot.reviewer)).map(Allocation::lot) {
            let chunks = self.cloud.certificates().printed_chunks(id, &lot, PrintOutput::Single).await?;
            drawn.extend(chunks.into_iter().map(|chunk| (lot.clone(), chunk.number)));
        }
        let runs = self.cloud.runs().of(id).await?;
        let failures = self.cloud.failures().open(id).await?;
        Ok(LotsInView { lots, runs, failures, drawn, renewals: self.cloud.changes().renewals(id).await? })
    }

    /// Link to a certificate's own PDF, once it is drawn.
    pub(crate) async fn pdf_of(&self, view: &LotsInView, certificate: &Certificate) -> Result<Option<String>, Refusal> {
        let Some(code) = certificate.code.clone().filter(|_| view.is_drawn(certificate)) else { return Ok(None) };
        let key = ObjectKey::Certificate { application: certificate.application.clone(), code };
        Ok(Some(self.cloud.link(&key, LINK_LIFETIME).await?))
    }
}

impl LotsInView {
    /// The lot that a certificate is of.
    pub(crate) fn lot_of(&self, certificate: &Certificate) -> Option<&Allocation> {
        let name = certificate.lot();
        self.lots.iter().find(|lot| lot.lot() == name)
    }

    /// Whether hundreds of a lot are still to be drawn.
    pub(crate) fn is_under_way(&self, lot: &Allocation) -> bool {
        let name = lot.lot();
        self.drawn.iter().filter(|(of, _)| *of == name).count() < chunks_of(lot.numbered)
    }

    /// Whether a certificate's own PDF is there as the certificate is now: with its hundred, and by itself where its number came later or
    /// it was corrected.
    pub(crate) fn is_drawn(&self, certificate: &Certificate) -> bool {
        let Some((lot, position)) = self.lot_of(certificate).zip(certificate.position) else { return false };
        let with_its_hundred = position >= lot.numbered || self.drawn.contains(&(lot.lot(), position as usize / CHUNK));
        with_its_hundred && !self.renewals_of(certificate).any(|renewal| renewal.is_pending || self.has_failed(renewal))
    }

    fn renewals_of<'v>(&'v self, certificate: &'v Certificate) -> impl Iterator<Item = &'v RenewalProgress> {
        let code = certificate.code.as_ref();
        self.renewals.iter().filter(move |one| code.is_some_and(|code| one.renewal.codes.contains(code)))
    }

    fn failure_of_renewal(&self, renewal: &RenewalProgress) -> Option<&PrintFailure> {
        self.failures.iter().find(|failure| failure.chunk.press == PrintOutput::Renewal(renewal.renewal.number))
    }

    fn has_failed(&self, renewal: &RenewalProgress) -> bool {
        self.failure_of_renewal(renewal).is_some()
    }

    /// The job that ended without the certificate's paper: its own PDF's, or that of the run that it lies in.
    pub(crate) fn failure_of(&self, certificate: &Certificate) -> Option<&PrintFailure> {
        let (position, lot) = (certificate.position?, certificate.lot());
        let run = current_run(&self.runs, &lot, position);
        let with_others = self.failures.iter().find(|failure| failure.is_of(&lot, position, run));
        with_others.or_else(|| self.renewals_of(certificate).find_map(|renewal| self.failure_of_renewal(renewal)))
    }
}
