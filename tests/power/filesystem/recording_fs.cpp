// A file system in memory that records every change, and fails when told to.
//
//   recording-fs MOUNTPOINT LOG      with the driver at the other end of the socket that is its stdin
//
// Contract: each write, sync, allocation and change of a name reaches it when the program makes the call
// and is in LOG, with its bytes, before the call returns: nothing is cached in between. O_DIRECT and locks
// work as on a local file system. The first message is empty once it is mounted, or says why not; what
// the driver may send then is in control_channel.hpp. However the driver ends, everything is unmounted.
// Concurrency: one thread serves, another one listens to the driver.
// Limits: Linux, FUSE 3. One thread serves so that there is one order; a slow call holds up all others.
#include <stowage/tests/power/filesystem/control_channel.hpp>
#include <stowage/tests/power/filesystem/fault_rules.hpp>
#include <stowage/tests/power/filesystem/file_tree.hpp>
#include <stowage/tests/power/filesystem/recorder.hpp>

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace stowage::test;

namespace {

constexpr int driver = STDIN_FILENO;
/// No less than what a loop device on a file of ours asks for at once (loop_mount.hpp).
constexpr unsigned write_bytes_max = 1U << 20U;
constexpr std::uint64_t sector_bytes = 512;

// What both threads share.
struct server {
  explicit server(const std::string& log_path) : log{log_path} {}

  std::mutex mutex;
  file_tree tree;
  fault_rules faults;
  recorder log;
};

// -- what the kernel asks ----------------------------------------------------------------------------

// One request: the state, held for as long as it takes.
class request {
 public:
  explicit request(fuse_req_t req)
      : req_{req}, server_{*static_cast<server*>(fuse_req_userdata(req))}, lock_{server_.mutex} {}

  [[nodiscard]] file_tree& tree() const { return server_.tree; }
  [[nodiscard]] file_tree::node& node(fuse_ino_t inode) const { return server_.tree.at(inode); }
  [[nodiscard]] verdict judge(faulty_call call, fuse_ino_t file, std::uint64_t offset,
                              std::uint64_t length) const {
    return server_.faults.judge(call, file, offset, length);
  }
  void record(const file_operation& o) const { server_.log.record(o, fuse_req_ctx(req_)->pid); }

  [[nodiscard]] static struct stat status_of(const file_tree::node& n) {
    struct stat s {};
    s.st_ino = n.inode;
    s.st_mode = (n.is_directory ? S_IFDIR : S_IFREG) | n.permissions;
    s.st_nlink = n.links;
    s.st_uid = ::getuid();
    s.st_gid = ::getgid();
    s.st_size = static_cast<off_t>(n.bytes.size());
    s.st_blksize = 4096;
    s.st_blocks = static_cast<blkcnt_t>((n.bytes.size() + sector_bytes - 1) / sector_bytes);
    return s;
  }
  // Nothing is to be remembered by the kernel, so all timeouts are 0.
  [[nodiscard]] static fuse_entry_param entry_of(const file_tree::node& n) {
    fuse_entry_param e{};
    e.ino = n.inode;
    e.attr = status_of(n);
    return e;
  }

  void error(int number) const { fuse_reply_err(req_, number); }
  void done(int number, const file_operation& o) const {
    if (number == 0) record(o);
    error(number);
  }
  void entry(const file_tree::node& n) const {
    const auto e = entry_of(n);
    fuse_reply_entry(req_, &e);
  }
  void status(const file_tree::node& n) const {
    const auto s = status_of(n);
    fuse_reply_attr(req_, &s, 0);
  }

 private:
  fuse_req_t req_;
  server& server_;
  std::scoped_lock<std::mutex> lock_;
};

file_operation operation(file_call call, std::uint64_t file) {
  file_operation o;
  o.call = call;
  o.file = file;
  return o;
}

file_operation named(file_call call, std::uint64_t file, std::uint64_t directory,
                     const char* name) {
  auto o = operation(call, file);
  o.directory = directory;
  o.name = name;
  return o;
}

file_operation sized(file_call call, std::uint64_t file, std::uint64_t length) {
  auto o = operation(call, file);
  o.offset = length;
  return o;
}

// No cache between program and us: a write comes when it is made, a read sees what we have.
void leave_uncached(fuse_file_info* file) { file->direct_io = 1; }

void init(void*, fuse_conn_info* connection) {
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_ASYNC_DIO);
  connection->max_write = write_bytes_max;
}

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
  const request r{req};
  if (const auto* n = r.tree().find(parent, name))
    r.entry(*n);
  else
    r.error(ENOENT);
}

void getattr(fuse_req_t req, fuse_ino_t inode, fuse_file_info*) {
  const request r{req};
  r.status(r.node(inode));
}

void cut(const request& r, file_tree::node& n, std::uint64_t length) {
  if (n.bytes.size() == length) return;
  n.bytes.resize(length);
  r.record(sized(file_call::truncate, n.inode, length));
}

void setattr(fuse_req_t req, fuse_ino_t inode, struct stat* wanted, int which, fuse_file_info*) {
  const request r{req};
  auto& n = r.node(inode);
  if ((which & FUSE_SET_ATTR_SIZE) != 0) cut(r, n, static_cast<std::uint64_t>(wanted->st_size));
  if ((which & FUSE_SET_ATTR_MODE) != 0) n.permissions = wanted->st_mode & ~mode_t{S_IFMT};
  r.status(n);
}

void mkdir(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode) {
  const request r{req};
  file_tree::node* made = nullptr;
  if (const int error = r.tree().make_directory(parent, name, mode, made); error != 0)
    return r.error(error);
  r.record(named(file_call::make_directory, made->inode, parent, name));
  r.entry(*made);
}

void unlink(fuse_req_t req, fuse_ino_t parent, const char* name) {
  const request r{req};
  const auto* gone = r.tree().find(parent, name);
  const auto inode = gone == nullptr ? 0 : gone->inode;
  r.done(r.tree().remove_file(parent, name), named(file_call::remove, inode, parent, name));
}

void rmdir(fuse_req_t req, fuse_ino_t parent, const char* name) {
  const request r{req};
  const auto* gone = r.tree().find(parent, name);
  const auto inode = gone == nullptr ? 0 : gone->inode;
  r.done(r.tree().remove_directory(parent, name), named(file_call::remove, inode, parent, name));
}

void rename(fuse_req_t req, fuse_ino_t parent, const char* name, fuse_ino_t to_parent,
            const char* to_name, unsigned flags) {
  const request r{req};
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0) return r.error(EINVAL);
  const auto* moved = r.tree().find(parent, name);
  auto o = named(file_call::rename, moved == nullptr ? 0 : moved->inode, parent, name);
  o.to_directory = to_parent;
  o.to_name = to_name;
  const bool may_replace = (flags & RENAME_NOREPLACE) == 0;
  r.done(r.tree().rename(parent, name, to_parent, to_name, may_replace), o);
}

void link(fuse_req_t req, fuse_ino_t inode, fuse_ino_t parent, const char* name) {
  const request r{req};
  if (const int error = r.tree().link(inode, parent, name); error != 0) return r.error(error);
  r.record(named(file_call::link, inode, parent, name));
  r.entry(r.node(inode));
}

void open(fuse_req_t req, fuse_ino_t inode, fuse_file_info* file) {
  const request r{req};
  if ((file->flags & O_TRUNC) != 0) cut(r, r.node(inode), 0);
  leave_uncached(file);
  fuse_reply_open(req, file);
}

void create(fuse_req_t req, fuse_ino_t parent, const char* name, mode_t mode,
            fuse_file_info* file) {
  const request r{req};
  file_tree::node* made = nullptr;
  if (const int error = r.tree().create(parent, name, mode & ~mode_t{S_IFMT}, made); error != 0)
    return r.error(error);
  r.record(named(file_call::create, made->inode, parent, name));
  leave_uncached(file);
  const auto e = request::entry_of(*made);
  fuse_reply_create(req, &e, file);
}

void read(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  const request r{req};
  const auto& bytes = r.node(inode).bytes;
  const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
  const auto count = std::min(size, bytes.size() - from);
  if (r.judge(faulty_call::read, inode, from, count) != verdict::pass) return r.error(EIO);
  fuse_reply_buf(req, reinterpret_cast<const char*>(bytes.data()) + from, count);
}

void write(fuse_req_t req, fuse_ino_t inode, const char* data, size_t size, off_t offset,
           fuse_file_info*) {
  const request r{req};
  const auto said = r.judge(faulty_call::write, inode, static_cast<std::uint64_t>(offset), size);
  const auto kept = said == verdict::pass ? size : size / 2 / sector_bytes * sector_bytes;
  if (said != verdict::fail && kept > 0) {
    auto o = sized(file_call::write, inode, static_cast<std::uint64_t>(offset));
    const auto* first = reinterpret_cast<const std::byte*>(data);
    o.bytes.assign(first, first + kept);
    r.tree().write(inode, o.offset, o.bytes);
    r.record(o);
  }
  if (said == verdict::pass)
    fuse_reply_write(req, size);
  else
    r.error(EIO);
}

void fsync(fuse_req_t req, fuse_ino_t inode, int, fuse_file_info*) {
  const request r{req};
  if (r.judge(faulty_call::sync, inode, 0, 0) != verdict::pass) return r.error(EIO);
  r.done(0, operation(file_call::sync, inode));
}

void fsyncdir(fuse_req_t req, fuse_ino_t inode, int, fuse_file_info*) {
  const request r{req};
  r.done(0, operation(file_call::sync_directory, inode));
}

void fallocate(fuse_req_t req, fuse_ino_t inode, int mode, off_t offset, off_t length,
               fuse_file_info*) {
  const request r{req};
  if (mode != 0) return r.error(EOPNOTSUPP);
  auto& n = r.node(inode);
  const auto end = static_cast<std::uint64_t>(offset + length);
  if (end <= n.bytes.size()) return r.error(0);
  n.bytes.resize(end);
  r.done(0, sized(file_call::allocate, inode, end));
}

void readdir(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  const request r{req};
  auto& here = r.node(inode);
  std::vector<std::pair<std::string, std::uint64_t>> all{{".", inode}, {"..", here.parent}};
  all.insert(all.end(), here.names.begin(), here.names.end());
  std::vector<char> out(size);
  std::size_t used = 0;
  for (auto i = static_cast<std::size_t>(offset); i < all.size(); ++i) {
    const auto s = request::status_of(r.node(all[i].second));
    const auto need = fuse_add_direntry(req, out.data() + used, size - used, all[i].first.c_str(),
                                        &s, static_cast<off_t>(i + 1));
    if (need > size - used) break;
    used += need;
  }
  fuse_reply_buf(req, out.data(), used);
}

void statfs(fuse_req_t req, fuse_ino_t) {
  struct statvfs s {};
  s.f_bsize = s.f_frsize = 4096;
  s.f_blocks = s.f_bfree = s.f_bavail = 1U << 30U;
  s.f_namemax = 255;
  fuse_reply_statfs(req, &s);
}

// No getlk, setlk or flock: then the kernel keeps locks itself, as for a local file system.
fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops ops{};
  ops.init = init;
  ops.lookup = lookup;
  ops.getattr = getattr;
  ops.setattr = setattr;
  ops.mkdir = mkdir;
  ops.unlink = unlink;
  ops.rmdir = rmdir;
  ops.rename = rename;
  ops.link = link;
  ops.open = open;
  ops.create = create;
  ops.read = read;
  ops.write = write;
  ops.fsync = fsync;
  ops.fsyncdir = fsyncdir;
  ops.fallocate = fallocate;
  ops.readdir = readdir;
  ops.statfs = statfs;
  return ops;
}

// -- what the driver asks ----------------------------------------------------------------------------

class control {
 public:
  explicit control(server& s) : server_{s} {}

  // Until the driver is gone.
  void listen() {
    while (const auto message = receive_message(driver)) {
      std::string answer;
      try {
        answer = obey(*message);
      } catch (const std::exception& e) {
        answer = e.what();
      }
      if (!send_message(driver, answer)) return;
    }
  }

  [[nodiscard]] const std::vector<std::string>& to_unmount() const noexcept { return to_unmount_; }

 private:
  std::string obey(const std::string& message) {
    std::istringstream in{message};
    std::string verb;
    in >> verb;
    in.get();
    const auto rest = [&] { return std::string{std::istreambuf_iterator<char>{in}, {}}; };
    const auto number = [&] {
      std::uint64_t n = 0;
      if (!(in >> n)) throw std::runtime_error{"a number is missing: " + message};
      return n;
    };
    if (verb == "note") {
      server_.log.note(rest());
    } else if (verb == "kill") {
      server_.log.kill_at_write(number());
    } else if (verb == "await") {
      const auto n = number();
      const std::chrono::seconds deadline{number()};
      const auto begin = number();
      if (!server_.log.await_writes(n, begin, number(), deadline)) return "waited too long";
    } else if (verb == "unmount") {
      to_unmount_.push_back(rest());
    } else if (verb == "faults") {
      const std::scoped_lock lock{server_.mutex};
      return std::to_string(server_.faults.injected());
    } else if (verb == "heal") {
      const std::scoped_lock lock{server_.mutex};
      server_.faults.clear();
    } else if (verb == "fail") {
      fault_rule rule;
      rule.call = static_cast<faulty_call>(number());
      rule.skip = number();
      rule.count = number();
      rule.tears = number() != 0;
      rule.begin = number();
      rule.end = number();
      in.get();
      const auto path = rest();
      const std::scoped_lock lock{server_.mutex};
      const auto* file = server_.tree.find(path);
      if (file == nullptr) return "no such file: " + path;
      rule.file = file->inode;
      server_.faults.add(rule);
    } else {
      return "not understood: " + message;
    }
    return {};
  }

  server& server_;
  std::vector<std::string> to_unmount_;
};

// Whoever still has something open there keeps it until it ends; the name is gone at once.
void unmount(const std::string& path) {
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return;
  (void)::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

int serve(const char* mountpoint, const char* log_path) {
  server state{log_path};
  const auto ops = operations();
  char program[] = "recording-fs";
  char option[] = "-o";
  char options[] = "fsname=stowage-recording,subtype=stowage-recording";
  char* arguments[] = {program, option, options, nullptr};
  fuse_args args = FUSE_ARGS_INIT(3, arguments);
  auto* session = fuse_session_new(&args, &ops, sizeof ops, &state);
  if (session == nullptr) throw std::runtime_error{"cannot start a FUSE session"};
  if (fuse_session_mount(session, mountpoint) != 0) {
    const int error = errno;
    (void)send_message(driver, std::string{"cannot mount: "} + std::strerror(error));
    return 1;
  }
  std::thread serving{[session] { (void)fuse_session_loop(session); }};
  (void)send_message(driver, "");

  control c{state};
  c.listen();
  // While we still serve: what is mounted over our files has to write its last pages.
  for (auto path = c.to_unmount().rbegin(); path != c.to_unmount().rend(); ++path) unmount(*path);
  if (::geteuid() == 0)
    unmount(mountpoint);
  else
    fuse_session_unmount(session);
  // The thread may sit in a read that never returns if somebody still has a file open.
  serving.detach();
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: recording-fs MOUNTPOINT LOG, with the driver's socket as stdin\n";
    return 2;
  }
  // The driver's end is the sign to go, not a Ctrl-C that reaches both.
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) (void)std::signal(ignored, SIG_IGN);
  try {
    return serve(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::cerr << "recording-fs: " << e.what() << '\n';
    return 1;
  }
}
