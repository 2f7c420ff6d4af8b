//! What a synthesis of JavaScript is made of. Values only.

use std::collections::BTreeMap;

use synthesizer_model::{
    ecmascript::EcmaScriptClosure, finding::Finding, synthesis::SynthesisRequest, tree::TreePath,
};

use crate::{
    ProjectName,
    source::{SourceFile, SourceRecord},
    templates::Template,
};

/// Everything that a synthesis is made of.
#[derive(Debug)]
pub struct NpmInput<'a> {
    /// What was asked for.
    pub request: &'a SynthesisRequest,
    /// The template, whose name the request has.
    pub template: &'a Template,
    /// Its name, parsed.
    pub project_name: ProjectName,
    /// One source for each repository of the request, in the same order.
    pub sources: Vec<NpmSource>,
    /// The range of Node versions that all run on; empty for any.
    pub node: String,
    /// The versions that the solver found, by package.
    pub solved: BTreeMap<String, String>,
    /// What the caller found so far, the closures' own findings apart.
    pub findings: Vec<Finding>,
}

/// One source with what to take of it.
#[derive(Debug, Clone)]
pub struct NpmSource {
    /// What every family knows of it.
    pub record: SourceRecord,
    /// What to take.
    pub closure: EcmaScriptClosure,
    /// Every file of the closure and the manifests of packages that are taken as a whole, by path.
    pub files: BTreeMap<TreePath, SourceFile>,
}
