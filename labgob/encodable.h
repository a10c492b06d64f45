// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which types labgob refuses, and the sentence with which the compiler then says what to do
// instead. Internal to labgob.

#ifndef RAFTLAB_LABGOB_ENCODABLE_H_
#define RAFTLAB_LABGOB_ENCODABLE_H_

#include <string_view>
#include <type_traits>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/pfr/tuple_size.hpp>

namespace labgob {

// The described fields of T: a list of types D with D::name and D::pointer.
template <class T>
using Fields = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class List>
inline constexpr size_t kLength = 0;
template <template <class...> class List, class... Item>
inline constexpr size_t kLength<List<Item...>> = sizeof...(Item);

template <class T>
inline constexpr bool kNever = false;

template <class T>
concept PointerLike = std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
    std::is_reference_v<T> || std::is_null_pointer_v<T> || requires(T& t) {
  typename T::element_type;
  t.get();
};

template <class T>
concept ViewLike = requires(T& t) {
  t.remove_prefix(1);
}
|| requires(T& t) { t.subspan(1); };

template <class T>
concept HashTable = requires {
  typename T::hasher;
};

template <class T>
concept OtherContainer = requires(T& t) {
  t.begin();
  t.end();
};

// True when T is a struct that labgob can take apart. Otherwise the program does not compile.
template <class T>
constexpr bool CheckEncodable() {
  if constexpr (std::is_const_v<T>) {
    static_assert(kNever<T>, "labgob: a const field cannot be decoded: remove the const.");
  } else if constexpr (std::is_array_v<T>) {
    static_assert(kNever<T>,
                  "labgob: a C array cannot be encoded: write std::array or std::string.");
  } else if constexpr (PointerLike<T>) {
    static_assert(kNever<T>,
                  "labgob: a pointer or reference means nothing on another machine: hold the value "
                  "itself, or a std::optional or std::vector of it.");
  } else if constexpr (ViewLike<T>) {
    static_assert(kNever<T>,
                  "labgob: a view does not own its bytes: hold a std::string or std::vector.");
  } else if constexpr (HashTable<T>) {
    static_assert(kNever<T>,
                  "labgob: the order in a hash table differs between runs, so its bytes would too: "
                  "use std::map or std::set.");
  } else if constexpr (OtherContainer<T>) {
    static_assert(
        kNever<T>,
        "labgob: of containers only std::vector, std::array, std::map and std::set can be "
        "encoded: use one of them.");
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(
        kNever<T>,
        "labgob: an enum needs a fixed type: write `enum class Name` or `enum Name : int`.");
  } else if constexpr (!std::is_class_v<T>) {
    static_assert(kNever<T>, "labgob: this type cannot be encoded: use a double or an integer.");
  } else if constexpr (!boost::describe::has_describe_members<T>::value) {
    static_assert(
        kNever<T>,
        "labgob: this struct is not described: write BOOST_DESCRIBE_STRUCT(Name, (), (field, "
        "field)) behind it, in the same namespace, with all its fields.");
  } else if constexpr (!std::is_aggregate_v<T>) {
    static_assert(
        kNever<T>,
        "labgob: only a plain struct can be encoded: without constructors, without private "
        "fields, without virtual functions.");
  } else if constexpr (boost::pfr::tuple_size_v<T> != kLength<Fields<T>>) {
    static_assert(kNever<T>,
                  "labgob: the description of this struct misses a field (or the struct has a base "
                  "class): name all its fields in its BOOST_DESCRIBE_STRUCT.");
  } else {
    return true;
  }
  return false;
}

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_ENCODABLE_H_
