//! A large analysis over MCP: the first page is useful alone, the rest comes by cursor and as a resource, without a second analysis.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use synthesizer_testkit::{mcp_client::McpClient, program::Program};

use crate::crafted::{package, program};

/// How many modules the tree has.
const MODULES: usize = 400;

/// A page's default size in bytes, by the tool's own cautious measure of three bytes per token.
const PAGE: usize = 8000 * 3;

fn client(program: &Program) -> McpClient {
    let mut client = program.mcp([""; 0]);
    client.initialize();
    client
}

/// Writes a package of many modules that import each other in pairs, and packages from elsewhere; some of it makes every list grow.
fn large(program: &Program) -> std::path::PathBuf {
    of_modules(program, MODULES)
}

fn of_modules(program: &Program, modules: usize) -> std::path::PathBuf {
    let mut files: Vec<(String, String)> = (0..modules)
        .map(|number| {
            let other = number ^ 1;
            let text = format!(
                "\"\"\"Module {number} of many.\"\"\"\nimport package_{number}\nimport large.group_{:02}.module_{other:03}\n\
                 import undeclared_{number}\n\n\ndef work_{number}(value: int) -> int:\n    \"\"\"Adds.\"\"\"\n    return value + {number}\n",
                other % 40,
            );
            (format!("large/group_{:02}/module_{number:03}.py", number % 40), text)
        })
        .collect();
    for group in 0..40 {
        files.push((format!("large/group_{group:02}/__init__.py"), String::new()));
        files.push((
            format!("services/service_{group:02}/package.json"),
            format!("{{\"name\": \"service-{group}\", \"license\": \"MIT\", \"dependencies\": {{\"left\": \"^1\"}}}}\n"),
        ));
        files.push((format!("large/vendor_{group:02}/LICENSE"), mit(group)));
    }
    files.push(("large/__init__.py".to_owned(), String::new()));
    files.push(("large/broken.py".to_owned(), "def (:\n".to_owned()));
    files.push(("LICENSE".to_owned(), mit(0)));
    files.push(("tests/test_work.py".to_owned(), "import large\n".to_owned()));
    let needs: Vec<String> = (0..modules)
        .map(|number| format!("\"package-{number}>=1.{number}\""))
        .collect();
    let manifest = format!("dependencies = [{}]\n", needs.join(", "));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    package(program, "large", &manifest, &files)
}

fn mit(year: usize) -> String {
    format!(
        "MIT License\n\nCopyright (c) 20{year:02} Somebody\n\n{}",
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation \
         files (the \"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy, \
         modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the \
         Software is furnished to do so, subject to the following conditions:\n\nThe above copyright notice and this permission \
         notice shall be included in all copies or substantial portions of the Software.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", \
         WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS \
         FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, \
         DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH \
         THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n"
    )
}

/// Gives the page after checking that it fits and that the tool's schema allows it.
fn page(client: &mut McpClient, schema: &Value, arguments: &Value) -> Value {
    let result = client.call_tool("analyze_repository", arguments.clone());
    assert_eq!(result["isError"], false, "{result}");
    let text = result["content"][0]["text"].as_str().expect("a text");
    assert!(text.len() <= PAGE, "{} bytes", text.len());
    let page: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(page, result["structuredContent"]);
    assert_allowed(schema, &page);
    let link = &result["content"][1];
    assert_eq!(
        (&link["type"], &link["uri"]),
        (&json!("resource_link"), &page["resource"])
    );
    page
}

/// Checks what the tool's schema says of the fields at the top.
fn assert_allowed(schema: &Value, page: &Value) {
    let properties = schema["properties"].as_object().expect("properties");
    for (name, field) in page.as_object().expect("an object") {
        let expected = properties
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the schema"));
        let is_allowed = match expected["type"].as_str().expect("a type") {
            "object" => field.is_object(),
            "array" => field.is_array(),
            "string" => field.is_string(),
            "boolean" => field.is_boolean(),
            "integer" => field.is_u64(),
            other => panic!("{other}"),
        };
        assert!(is_allowed, "{name}: {field}");
    }
    for name in schema["anyOf"][0]["required"].as_array().expect("names") {
        assert!(!page[name.as_str().expect("a name")].is_null(), "{name}");
    }
}

fn schema(client: &mut McpClient) -> Value {
    let tools = client.request("tools/list", json!({}))["result"]["tools"].clone();
    let tools = tools.as_array().expect("a list");
    let tool = tools
        .iter()
        .find(|tool| tool["name"] == "analyze_repository");
    tool.expect("the tool")["outputSchema"].clone()
}

fn read(client: &mut McpClient, uri: &str) -> Value {
    let answer = client.request("resources/read", json!({ "uri": uri }));
    let contents = &answer["result"]["contents"][0];
    assert_eq!(
        (&contents["uri"], &contents["mimeType"]),
        (&json!(uri), &json!("application/json")),
        "{answer}"
    );
    serde_json::from_str(contents["text"].as_str().expect("a text")).expect("JSON")
}

fn ids(components: &Value) -> Vec<String> {
    let components = components.as_array().expect("a list").iter();
    components
        .map(|component| component["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn the_first_page_is_useful_alone_and_the_rest_needs_no_second_analysis() {
    let program = program();
    let root = large(&program);
    let mut client = client(&program);
    let schema = schema(&mut client);
    let mut arguments = json!({ "repo_url": "./large", "include_transitive_deps": false });
    let first = page(&mut client, &schema, &arguments);
    for pointer in [
        "/next_steps",
        "/languages",
        "/structure/languages",
        "/structure/roles",
        "/quality_score/parts",
        "/quality_score/evidence",
        "/quality_score/unknown",
        "/manifests",
        "/dependencies/direct",
        "/licenses/detected",
        "/licenses/nested",
        "/imports/packages",
        "/imports/cycles",
        "/problems",
        "/left_out",
    ] {
        let section = first.pointer(pointer).expect(pointer);
        let count = section.as_array().map(Vec::len);
        let count = count.or_else(|| section.as_object().map(serde_json::Map::len));
        assert!(count.is_some_and(|count| count > 0), "{pointer}: {first:#}");
    }
    let shown = first["components"].as_array().expect("a list");
    assert!(shown.len() >= 15, "{} components", shown.len());
    for component in shown {
        assert!(component["file_count"].is_u64() && component["reuse"]["score"].is_f64());
        assert_eq!(component["reuse"]["reasons"], Value::Null);
    }

    // What is read from here on cannot come from the folder.
    fs::remove_dir_all(&root).expect("the folder can be removed");
    let uri = first["resource"].as_str().expect("a resource").to_owned();
    let whole = read(&mut client, &uri);
    assert!(whole["notice"].is_string());
    assert_eq!(whole["handle"], first["handle"]);
    assert_eq!(
        whole["dependencies"]["direct"].as_array().map(Vec::len),
        Some(MODULES)
    );
    assert_eq!(
        read(&mut client, &format!("{uri}/components"))["components"],
        whole["components"]
    );
    let mut components = ids(&first["components"]);
    let mut direct = first["dependencies"]["direct"]
        .as_array()
        .expect("a list")
        .len();
    let mut page_read = first;
    while let Some(cursor) = page_read["next_cursor"].as_str() {
        arguments["cursor"] = json!(cursor);
        page_read = page(&mut client, &schema, &arguments);
        components.extend(ids(&page_read["components"]));
        direct += page_read["dependencies"]["direct"]
            .as_array()
            .expect("a list")
            .len();
    }
    assert_eq!(components, ids(&whole["components"]));
    assert!(components.len() > MODULES, "{}", components.len());
    assert_eq!(direct, MODULES);
    assert_eq!(
        components.iter().collect::<BTreeSet<_>>().len(),
        components.len()
    );
}

#[test]
fn the_smallest_pages_keep_their_size_and_smaller_ones_are_refused() {
    let program = program();
    let modules = 10;
    of_modules(&program, modules);
    let mut client = client(&program);
    let mut arguments =
        json!({ "repo_url": "./large", "include_transitive_deps": false, "max_tokens": 1000 });
    let mut found = Vec::new();
    loop {
        let result = client.call_tool("analyze_repository", arguments.clone());
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert!(text.len() <= 3000, "{} bytes", text.len());
        let page = &result["structuredContent"];
        found.extend(ids(&page["components"]));
        match page["next_cursor"].as_str() {
            Some(cursor) => arguments["cursor"] = json!(cursor),
            None => break,
        }
    }
    assert!(found.len() > modules, "{}", found.len());
    let arguments = json!({ "repo_url": "./large", "max_tokens": 999 });
    let refused = client.call_tool("analyze_repository", arguments);
    let error = &refused["structuredContent"]["error"];
    assert_eq!(error["code"], "E_ARGUMENT", "{refused}");
    assert_eq!(error["message"], "max_tokens must be 1000 to 20000");
    assert!(error["hint"].is_string(), "{error}");
}

#[test]
fn resources_are_announced_and_only_their_own_handles_are_read() {
    let program = program();
    package(&program, "small", "", &[("small.py", "value = 1\n")]);
    let mut first = client(&program);
    let templates = first.request("resources/templates/list", json!({}));
    assert_eq!(
        templates["result"]["resourceTemplates"][0]["uriTemplate"], "analysis://{handle}",
        "{templates}"
    );
    let listed = first.request("resources/list", json!({}));
    assert_eq!(listed["result"]["resources"], json!([]), "{listed}");
    let arguments = json!({ "repo_url": "./small", "include_transitive_deps": false });
    let result = first.call_tool("analyze_repository", arguments);
    let uri = result["structuredContent"]["resource"]
        .as_str()
        .expect("a resource")
        .to_owned();
    assert_eq!(read(&mut first, &uri)["repository"]["name"], "small");
    let mut second = client(&program);
    let absent = format!("analysis://{}", "0".repeat(32));
    let errors = [uri.as_str(), absent.as_str()].map(|uri| {
        let mut answer = second.request("resources/read", json!({ "uri": uri }));
        assert_eq!(answer["error"]["data"]["uri"], uri, "{answer}");
        answer["error"]["data"].take();
        answer["error"].take()
    });
    assert_eq!(
        errors[0], errors[1],
        "a handle of another server is like none"
    );
    assert_eq!(errors[0]["code"], -32002);
    for (method, parameters, code) in [
        ("resources/read", json!({}), -32602),
        ("resources/list", json!({ "cursor": "x" }), -32602),
    ] {
        let answer = second.request(method, parameters);
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
}
