//! What declarations of C and C++ define.

use super::{check_symbols, read, symbols};

#[test]
fn functions_of_c_are_found_in_every_form() {
    check_symbols(
        "C",
        "static int helper(void) { return 1; }
/* Adds. */
int add(int a, int b)
{
    if (a && b || !a) { for (;;) while (0) ; }
    switch (a) { case 1: case 2: break; default: return a ? b : 1; }
}
int declared(int);
struct point *make(struct point p) { }
API_EXPORT(int) api_call(void) { }
int old(a, b) int a; const char *b; { return a; }
void (*signal(int number, void (*handler)(int)))(int) { }
LUA_API int (lua_gettop) (lua_State *L) { }
int PREFIX(name)(int x) { }
int attributed(void) __attribute__((noreturn)) ATTRIBUTE(1, 2) { }
TEST(suite, name) { }
static FOO(x) { }
main() { }
int last(int a[static 3]) { struct local { int x; } y; }
",
        &[
            "function helper 1",
            "function add public documented 9",
            "function make public 1",
            "function api_call public 1",
            "function old public 1",
            "function signal public 1",
            "function lua_gettop public 1",
            "function name public 1",
            "function attributed public 1",
            "function main public 1",
            "function last public 1",
        ],
    );
}

#[test]
fn types_and_variables_of_c_are_found_in_every_form() {
    check_symbols(
        "C Header",
        "struct forward;
struct EXPORT point { int x; struct inner { int y; } in; unsigned bits : 3; };
typedef struct { int a; } anonymous_t, *anonymous_p;
typedef struct tagged { int a; } tagged;
typedef struct opaque opaque;
union both { int a; float b; };
enum color { RED, GREEN = (1 << 2) };
typedef enum { A } letter;
typedef int (*callback)(int, void *);
typedef int (API *convention)(int);
typedef void function_type(int);
typedef LIST_OF(int) list_type;
typedef unsigned char byte, bytes[4];
extern int shared, *other;
static const int table[] = { 1, 2, 3 };
extern const struct point origin;
int (*pointer)(void);
DECLARE_THING(x);
EXTERN int declared(int), second(int);
void documented(void); ///< Does it.
int proto P_((int));
",
        &[
            "type point public",
            "type inner public",
            "type anonymous_t public",
            "type anonymous_p public",
            "type tagged public",
            "type opaque public",
            "type both public",
            "type color public",
            "type letter public",
            "type callback public",
            "type convention public",
            "type function_type public",
            "type list_type public",
            "type byte public",
            "type bytes public",
            "constant shared public",
            "constant other public",
            "constant table public",
            "constant origin public",
            "constant pointer public",
            "function declared public",
            "function documented public documented",
            "function proto public",
        ],
    );
}

#[test]
fn types_of_a_source_file_are_its_own() {
    check_symbols(
        "C",
        "struct s { int x; };\n#define M 1\nint shown;\nstatic int hidden;\nextern int elsewhere;\nint f(void);\n",
        &[
            "type s",
            "constant M",
            "constant shown public",
            "constant hidden",
        ],
    );
}

#[test]
fn classes_have_members_with_access() {
    check_symbols(
        "C++ Header",
        "namespace a::b {
/// Doc.
template <typename T, int N = (1 > 0)>
class EXPORT Thing final : public Base<T, N == 1>, private Other {
    int hidden_;
    void secret();
    Q_OBJECT
public:
    explicit Thing(int x) : a_{x}, b_(~uint32_t{}), c_(x) { if (x) {} }
    ~Thing();
    Thing(const Thing&) = delete;
    Thing& operator=(Thing&&) noexcept = default;
    bool operator()(int) const;
    operator bool() const { return true; }
    template <class U> auto convert(U&& u) const -> decltype(u) { return u && u; }
    static constexpr int kSize = 3;
    int field = 1;
    std::function<void(int)> callback;
    struct Nested { void member(); };
    enum class Kind : int { A, B };
    using value_type = T;
    typedef int number;
    friend bool operator==(const Thing& a, const Thing& b) { return true; }
    friend class Other;
protected:
    virtual int area() const = 0;
private slots:
    void slot();
};
inline void Thing::secret() { }
namespace { int hidden() { return 1; } }
inline namespace v1 { int versioned(); }
}
",
        &[
            "module a.b public",
            "class a.b.Thing public documented",
            "method a.b.Thing.Thing public 2",
            "method a.b.Thing.~Thing public",
            "method a.b.Thing.operator= public",
            "method a.b.Thing.operator() public",
            "method a.b.Thing.operator bool public 1",
            "method a.b.Thing.convert public 2",
            "constant a.b.Thing.kSize public",
            "class a.b.Thing.Nested public",
            "method a.b.Thing.Nested.member public",
            "type a.b.Thing.Kind public",
            "type a.b.Thing.value_type public",
            "type a.b.Thing.number public",
            "method a.b.Thing.operator== public 1",
            "method a.b.Thing.area public",
            "method a.b.Thing.slot",
            "method a.b.Thing.secret 1",
            "function a.b.hidden 1",
            "function a.b.versioned public",
        ],
    );
}

#[test]
fn source_files_of_cplusplus_show_what_is_linked() {
    check_symbols(
        "C++",
        "class Local { public: void declared(); static int count; };
void Local::declared() { }
int Local::count = 0;
void elsewhere::Type::method() const { }
elsewhere::Type::~Type() try { } catch (...) { }
const int internal = 1;
const char *text = \"\";
extern const int shared = 2;
static std::map<int, int> cache = {{1, 2}};
Thing value(1, \"x\");
Thing braced{1};
extern \"C\" { int exported(void) { return 0; } }
extern \"C\" int single() { return 0; }
template <> void special<int>(int) { }
concept Sized = requires(T t) { t.size(); };
auto lambda = [](int a) { if (a) { return 1; } };
static_assert(sizeof(int) == 4, \"\");
TEST(Suite, Name) { }
",
        &[
            "class Local",
            "method Local.declared 1",
            "constant Local.count",
            "method elsewhere.Type.method 1",
            "method elsewhere.Type.~Type 1",
            "constant internal",
            "constant text public",
            "constant shared public",
            "constant cache",
            "constant value public",
            "constant braced public",
            "function exported public 1",
            "function single public 1",
            "function special public 1",
            "type Sized",
            "constant lambda public",
        ],
    );
}

#[test]
fn overloads_stay_and_declarations_give_way_to_definitions() {
    check_symbols(
        "C++ Header",
        "/// Doc.\nint f(int);\nint f(double);\ninline int f(int x) { return x; }\nnamespace n {}\nnamespace n { class T; }\n",
        &[
            "function f public",
            "function f public documented 1",
            "module n public",
        ],
    );
    check_symbols(
        "C Header",
        "int f(int);\n/* Doc. */\nint f(int);\n#ifdef A\n#define M 1\n#else\n#define M 2\n#endif\n",
        &["function f public documented", "constant M public"],
    );
}

#[test]
fn a_header_is_cplusplus_where_it_says_so() {
    let kind = |text: &str| symbols(&read("C Header", text)).join(", ");
    assert_eq!(kind("struct s { int class; };"), "type s public");
    assert_eq!(kind("struct s { int x; }; // class X {};"), "type s public");
    assert_eq!(
        kind("struct s { int x; };\n#include <vector>"),
        "class s public"
    );
    assert_eq!(kind("class s { int x; };"), "class s public");
    assert_eq!(
        kind("namespace n { struct s {}; }"),
        "module n public, class n.s public"
    );
    let shared =
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n";
    assert_eq!(
        kind(&format!("struct s {{ int x; }};\n{shared}")),
        "type s public, function f public"
    );
    assert_eq!(
        kind(&format!(
            "{shared}#ifdef __cplusplus\nnamespace n {{ class T {{}}; }}\n#endif\n"
        )),
        "function f public, module n public, class n.T public"
    );
}

#[test]
fn macros_that_are_not_known_cost_little() {
    check_symbols(
        "C++ Header",
        "BEGIN_DECLS
/// Doc.
API
int documented();
DECLARE_FLAGS(x)
int after();
class API_CLASS Named : public Base { PRIVATE_UNLESS_TESTED: int x; public: DISALLOW_COPY(Named); void f() GUARDED_BY(mu_); int y GUARDED_BY(mu_); };
int counter GUARDED_BY(mutex);
END_DECLS
",
        &[
            "function documented public documented",
            "function after public",
            "class Named public",
            "method Named.f public",
            "constant counter public",
        ],
    );
}

#[test]
fn a_value_ends_where_another_declaration_begins() {
    check_symbols(
        "C",
        "SEQUENCE(X) = {\n  FIELD(X, a),\n} SEQUENCE_END(X)\n\nIMPLEMENT(X)\n\nint f(void) {\n}\nint a[] = { 1 }, b;\n",
        &["function f public 1", "constant a public"],
    );
}

#[test]
fn ranges_are_those_of_whole_definitions() {
    let text = "/* c */ template <class T>\nT f(T a) {\n}\nstruct S {\n int x;\n} s;\n#define M(a) \\\n  (a)\n";
    let facts = read("C++ Header", text);
    let told: Vec<_> = facts
        .symbols
        .iter()
        .map(|symbol| (symbol.range.of(text).expect("on boundaries"), symbol.lines))
        .collect();
    assert_eq!(
        told,
        [
            ("template <class T>\nT f(T a) {\n}", (1, 3)),
            ("struct S {\n int x;\n} s;", (4, 6)),
            ("struct S {\n int x;\n} s;", (4, 6)),
            ("#define M(a) \\\n  (a)", (7, 8)),
        ]
    );
}

#[test]
fn modules_are_read() {
    let text = "module;\n#include <cstdio>\nexport module a.b:part;\nimport std;\nexport import :other;\nimport <vector>;\nimport \"x.h\";
export int shown();\nint hidden();\nexport { struct T { void f(); }; }\nexport namespace n { void g(); }\n";
    let facts = read("C++ Module", text);
    assert_eq!(facts.namespace.as_deref(), Some("a.b:part"));
    let imports: Vec<_> = facts
        .imports
        .iter()
        .map(|import| {
            assert_eq!(import.range.of(text), Some(import.target.as_str()));
            (import.target.as_str(), import.line)
        })
        .collect();
    assert_eq!(
        imports,
        [
            ("cstdio", 2),
            ("std", 4),
            (":other", 5),
            ("vector", 6),
            ("x.h", 7)
        ]
    );
    assert_eq!(
        symbols(&facts),
        [
            "function shown public",
            "function hidden",
            "class T public",
            "method T.f public",
            "module n public",
            "function n.g public"
        ]
    );
}
