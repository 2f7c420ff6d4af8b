//! End-to-end tests of the built program: one binary, each file one subject.

#![expect(
    clippy::disallowed_methods,
    reason = "tests start programs and read the environment; the rule is for the program itself"
)]

mod analysis;
mod analysis_pages;
mod assemble;
mod bad_input;
mod bad_sources;
mod breakers;
mod cli;
mod compat;
mod crafted;
mod draining;
mod gate;
mod github_description;
mod hostile;
mod hostile_analysis;
mod hostile_answers;
mod hostile_builds;
mod hostile_paths;
mod hostile_resolution;
mod hostile_solvers;
mod job_faults;
mod jobs;
mod jobs_killed;
mod listener;
mod mcp;
mod merged_files;
mod observed;
mod oracle;
mod platform_facts;
mod platforms;
mod project;
mod provenance;
mod python_forms;
mod real_sets;
mod resolution;
mod resolved_output;
mod rules;
mod search;
mod search_faults;
mod search_tools;
mod secrets;
mod serve;
mod sources;
mod synthesis;
mod synthesis_cargo;
mod synthesis_npm;
mod templates;
mod untrusted_projects;
mod update;
mod upstream_tests;
mod urls;
