//! One file from a model hub, by curl, which goes on where a killed or failed run stopped.

use std::fs;

use crate::clients::{Program, run};
use crate::progress::Progress;
use crate::stage::{Stage, check_download};
use crate::{Clients, Hub, ModelFile, ModelsError};

/// Downloads `file` from `hub` at `address` and puts it in place.
pub(crate) fn fetch(
    file: &ModelFile,
    hub: &Hub,
    address: &str,
    stage: &Stage,
    clients: &Clients,
    progress: &Progress,
) -> Result<(), ModelsError> {
    let whole = stage.hub_file(&file.name);
    let what = format!("{} of {}", hub.file, hub.repository);
    if !whole.exists() {
        let part = stage.hub_file(&format!("{}.part", file.name));
        let size = || fs::metadata(&part).map_or(0, |metadata| metadata.len());
        let work = stage.work()?;
        let mut command = clients.command(Program::Curl);
        command.args(["--silent", "--show-error", "--fail", "--location", "--connect-timeout", "20", "--retry", "2"]);
        command.args(["--continue-at", "-", "--output"]).arg(&part).arg(address);
        let mut seen = 0;
        run(Program::Curl, command, &what, work.path(), || {
            progress.add(size().saturating_sub(seen));
            seen = size();
        })?;
        fs::rename(&part, &whole).map_err(ModelsError::io(&whole))?;
    }
    let sha256 = check_download(&whole, &what, &hub.sha256)?;
    stage.put_in_place(&whole, file, sha256)
}
