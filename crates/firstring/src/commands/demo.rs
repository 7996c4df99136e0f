use crate::cli;

pub(super) fn run(_args: &cli::Demo) -> anyhow::Result<()> {
    anyhow::bail!("the demonstration is not built yet")
}
