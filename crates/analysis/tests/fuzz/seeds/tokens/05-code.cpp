#include <vector>
#include "thing.hpp"
namespace a::b { inline namespace v1 {
template <typename T, int N = (1 > 0), template <class> class C> requires (sizeof(T) > 1)
class Thing final : public virtual Base<T>, private Other {
public:
  explicit Thing(int x = 0) noexcept : Base<T>{x}, y_(x) {}
  virtual ~Thing() = default;
  Thing &operator=(const Thing &) = delete;
  auto operator()(int a) const & -> decltype(a) { return [&, this](auto x) mutable { return x <=> a; }(1); }
  operator bool() const { return y_ && !z; }
  static constexpr char raw[] = R"delim(a )" b)delim";
  friend std::ostream &operator<<(std::ostream &, const Thing &);
  enum class E : unsigned { A = 1'000, B };
  using Type = typename T::value_type;
private: int y_ [[maybe_unused]] = u8'x';
}; } }
template <> struct std::hash<a::b::Thing<int>> { size_t operator()(int) const; };
int a::b::f(int x) try { if constexpr (x) for (auto &[k, v] : m) co_yield k; return 0; } catch (const E &e) { throw; }
concept C = requires(T t) { { t.f() } -> std::same_as<int>; };
extern "C" { int c_function(); }
#pragma once
??=define X 1
%:include "digraph.h"
