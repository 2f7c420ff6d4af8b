//! The tools, one file each, and their list in the order in which clients see them. Must not hold logic of a tool.

mod analyze_repository;
mod assemble_project;
mod check_compatibility;
mod get_platforms;
mod get_synthesis_status;
mod resolve_dependencies;
mod search_repositories;
mod synthesis_job;
mod synthesize_project;
mod tool;
mod update_project;
mod verify_project;

pub(super) use tool::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};

use super::serve::Profile;

/// Every tool.
static TOOLS: [&dyn McpTool; 10] = [
    &search_repositories::SearchRepositories,
    &analyze_repository::AnalyzeRepository,
    &check_compatibility::CheckCompatibility,
    &resolve_dependencies::ResolveDependencies,
    &synthesize_project::SynthesizeProject,
    &get_synthesis_status::GetSynthesisStatus,
    &get_platforms::GetPlatforms,
    &assemble_project::AssembleProject,
    &update_project::UpdateProject,
    &verify_project::VerifyProject,
];

/// Gives the tools of a profile; only these can be listed and called.
pub(super) fn offered(profile: Profile) -> impl Iterator<Item = &'static dyn McpTool> {
    TOOLS
        .iter()
        .copied()
        .filter(move |tool| profile.may_write() || !tool.descriptor().writes)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn names(profile: Profile) -> Vec<&'static str> {
        offered(profile)
            .map(|tool| tool.descriptor().name)
            .collect()
    }

    #[test]
    fn a_read_only_client_has_no_tool_that_writes() {
        let all = names(Profile::Standard);
        assert_eq!(all, names(Profile::Full));
        let reading: Vec<_> = all
            .iter()
            .copied()
            .filter(|name| {
                !["synthesize_project", "assemble_project", "update_project"].contains(name)
            })
            .collect();
        assert_eq!(names(Profile::ReadOnly), reading);
    }

    /// Visits every schema within a schema.
    fn visit(schema: &Value, visitor: &mut impl FnMut(&serde_json::Map<String, Value>)) {
        match schema {
            Value::Object(fields) => {
                visitor(fields);
                fields.values().for_each(|field| visit(field, visitor));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, visitor)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn schemas_refuse_unknown_arguments_and_are_plain() {
        for tool in offered(Profile::Full) {
            let descriptor = tool.descriptor();
            let schema = (descriptor.input_schema)();
            visit(&schema, &mut |fields| {
                if fields.contains_key("properties") {
                    assert_eq!(fields["type"], "object", "{}", descriptor.name);
                    assert_eq!(fields["additionalProperties"], false, "{}", descriptor.name);
                }
                for keyword in ["$ref", "$defs", "oneOf", "anyOf", "format", "$schema"] {
                    assert!(
                        !fields.contains_key(keyword),
                        "{} has {keyword}",
                        descriptor.name
                    );
                }
            });
            let properties = schema["properties"].as_object().expect("properties");
            for (name, property) in properties {
                assert!(
                    property["description"].is_string(),
                    "{}.{name}",
                    descriptor.name
                );
                assert!(property["type"].is_string(), "{}.{name}", descriptor.name);
            }
            assert_eq!((descriptor.output_schema)()["type"], "object");
        }
    }
}
