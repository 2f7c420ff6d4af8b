//! The packages that come with a JDK. Knows nothing of the tree.
//!
//! Source: the packages of all modules of JDK 25 (Java SE 25 and JDK API Specification), and for `com.sun` and `javax` also what JDK 8
//! to 10 had and later ones took out.

/// Packages whose own names and everything below them belong to every JDK.
const WHOLE: &[&str] = &[
    "java",
    "jdk",
    "netscape.javascript",
    "org.ietf.jgss",
    "org.jcp.xml.dsig.internal",
    "org.xml.sax",
    "sun",
    "com.sun.awt",
    "com.sun.beans",
    "com.sun.crypto.provider",
    "com.sun.imageio",
    "com.sun.jarsigner",
    "com.sun.java.accessibility",
    "com.sun.java.swing",
    "com.sun.jdi",
    "com.sun.jmx",
    "com.sun.jndi",
    "com.sun.management",
    "com.sun.media.sound",
    "com.sun.naming.internal",
    "com.sun.net.httpserver",
    "com.sun.net.ssl",
    "com.sun.nio.file",
    "com.sun.nio.sctp",
    "com.sun.org.apache",
    "com.sun.rowset",
    "com.sun.security",
    "com.sun.source",
    "com.sun.swing.internal",
    "com.sun.tools.attach",
    "com.sun.tools.doclint",
    "com.sun.tools.javac",
    "com.sun.tools.javadoc",
    "com.sun.tools.jconsole",
    "com.sun.tools.jdeps",
    "com.sun.tools.jdi",
    "com.sun.tools.script",
    "com.sun.xml.internal",
    "javax.accessibility",
    "javax.annotation.processing",
    "javax.crypto",
    "javax.imageio",
    "javax.lang.model",
    "javax.naming",
    "javax.net",
    "javax.print",
    "javax.rmi.ssl",
    "javax.script",
    "javax.security.auth",
    "javax.security.cert",
    "javax.security.sasl",
    "javax.smartcardio",
    "javax.sound",
    "javax.sql",
    "javax.swing",
    "javax.tools",
    "javax.transaction.xa",
    "javax.xml.catalog",
    "javax.xml.crypto",
    "javax.xml.datatype",
    "javax.xml.namespace",
    "javax.xml.parsers",
    "javax.xml.stream",
    "javax.xml.transform",
    "javax.xml.validation",
    "javax.xml.xpath",
];

/// Packages that belong to every JDK while others below them do not.
const EXACT: &[&str] = &[
    "javax.management",
    "javax.management.loading",
    "javax.management.modelmbean",
    "javax.management.monitor",
    "javax.management.openmbean",
    "javax.management.relation",
    "javax.management.remote",
    "javax.management.remote.rmi",
    "javax.management.timer",
    "javax.xml",
    "org.w3c.dom",
    "org.w3c.dom.bootstrap",
    "org.w3c.dom.css",
    "org.w3c.dom.events",
    "org.w3c.dom.html",
    "org.w3c.dom.ls",
    "org.w3c.dom.ranges",
    "org.w3c.dom.stylesheets",
    "org.w3c.dom.traversal",
    "org.w3c.dom.views",
    "org.w3c.dom.xpath",
];

/// Packages of the modules that Java 9 deprecated and Java 11 took out (JEP 320).
const UNTIL_10: &[&str] = &[
    "javax.activation",
    "javax.activity",
    "javax.annotation",
    "javax.jws",
    "javax.rmi",
    "javax.transaction",
    "javax.xml.bind",
    "javax.xml.soap",
    "javax.xml.ws",
    "org.omg",
];

/// Says whether a package comes with every JDK. `package` may have the name of a type at its end, which must begin with a capital.
pub(super) fn is_standard(package: &str) -> bool {
    within(package, WHOLE) || EXACT.contains(&without_type(package))
}

/// Says whether a package came with JDKs up to 10.
pub(super) fn was_standard_until_10(package: &str) -> bool {
    within(package, UNTIL_10)
}

/// Says whether a name is one of the listed ones or below one.
fn within(name: &str, listed: &[&str]) -> bool {
    listed.iter().any(|package| {
        name.strip_prefix(package)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Takes the parts of a qualified name that are types away: the first that begins with a capital, and what follows.
pub(super) fn without_type(name: &str) -> &str {
    let mut start = 0;
    for part in name.split('.') {
        if part.starts_with(|first: char| first.is_uppercase()) {
            return name.get(..start.max(1) - 1).unwrap_or_default();
        }
        start += part.len() + 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_of_a_jdk_are_standard() {
        let check = |package: &str, expected: bool| {
            assert_eq!(is_standard(package), expected, "{package}");
        };
        for package in [
            "java.util.List",
            "java.sql",
            "javax.swing.text.html.HTML",
            "javax.xml.XMLConstants",
            "javax.xml.stream.events.XMLEvent",
            "javax.management.ObjectName",
            "javax.annotation.processing.Processor",
            "javax.transaction.xa.XAResource",
            "javax.security.auth.Subject",
            "jdk.internal.misc.Unsafe",
            "sun.misc.Unsafe",
            "com.sun.net.httpserver.HttpServer",
            "org.w3c.dom.Node",
            "org.w3c.dom.css.CSSRule",
            "org.xml.sax.helpers.DefaultHandler",
            "org.ietf.jgss.Oid",
            "netscape.javascript.JSObject",
        ] {
            check(package, true);
        }
        for package in [
            "javafx.application.Application",
            "javax.servlet.http.HttpServlet",
            "javax.annotation.Nullable",
            "javax.inject.Inject",
            "javax.xml.bind.JAXB",
            "javax.management.j2ee.Management",
            "javax.transaction.Transactional",
            "com.sun.jna.Native",
            "com.sun.mail.smtp.SMTPTransport",
            "org.w3c.dom.svg.SVGElement",
            "javassist.ClassPool",
            "jdkx.Type",
            "sunrise.Type",
        ] {
            check(package, false);
        }
        assert!(was_standard_until_10("javax.xml.bind.JAXB"));
        assert!(!was_standard_until_10("javax.servlet.Servlet"));
    }

    #[test]
    fn types_are_taken_off_a_name() {
        let check = |name: &str, expected: &str| assert_eq!(without_type(name), expected, "{name}");
        check("java.util.Map.Entry", "java.util");
        check("java.util", "java.util");
        check("Type", "");
        check("", "");
    }
}
