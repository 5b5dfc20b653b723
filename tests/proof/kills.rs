use anyhow::Result;
pub(crate) fn prove(_rounds: usize, _seed: u64) -> Result<()> { anyhow::bail!("not yet") }
