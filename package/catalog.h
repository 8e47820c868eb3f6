// A security catalog (.cat): the hashes of a driver package's files, as a certificate trust list in
// a PKCS #7 message. Windows believes the files when it believes who has signed that. Written as
// Inf2Cat writes it for SHA-256 ("version 2"), and read with what it may hold besides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "package/hash.h"

namespace package {

enum class MemberKind : uint8_t {
  image,  // known by its Authenticode hash
  flat,   // by the hash of all its bytes
  other,  // the catalog does not say
};

struct Member {
  std::string hash;     // bytes: SHA-256 has 32, SHA-1 20
  std::string file;     // without folders
  std::string systems;  // "2:10.0": Windows NT, version 10.0
  MemberKind kind = MemberKind::other;
};

struct Catalog {
  int64_t made = 0;     // seconds since 1970
  std::string list_id;  // bytes; written: made of the members
  std::string systems;  // "_v100_X64,_v100_ARM64"
  std::vector<std::string> hardware_ids;
  std::vector<Member> members;
  bool is_signed = false;  // written: never; osslsigncode makes another file of it
};

// What Windows a driver package of ours is for: 10 and Server 2016 and later, on both machines.
inline constexpr const char* kMemberSystems = "2:10.0";
inline constexpr const char* kSystems = "_v100_X64,_v100_ARM64";

// `file` as a member, by what it holds. False for a broken image; `error` says what is wrong.
bool make_member(const std::string& file, std::string_view bytes, Member& out, std::string& error);

// The same catalog gives the same bytes. Members that are the same by their hash become one, the
// first.
std::string write_catalog(Catalog catalog);

// Any bytes. False: `error` says what is no catalog in them, and at which byte.
bool read_catalog(std::string_view bytes, Catalog& out, std::string& error);

// Is the file one of the members? If not: why not, and what to do; else "".
std::string judge_file(const Catalog& catalog, const std::string& file, std::string_view bytes);

}  // namespace package
