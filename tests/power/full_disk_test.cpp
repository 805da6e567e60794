#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/messages/register_types.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/testkit/printing.hpp>
#include <stowage/tests/power/child_process.hpp>
#include <stowage/tests/power/loop_mount.hpp>
#include <stowage/tests/power/power_test.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>

using namespace stowage;
using namespace stowage::test;

// A file system that is really full: what is refused, what still passes, and that writing resumes in the same
// process. What a full device means to the store in every detail is said by tests/actors/space_test.cpp.

namespace {

struct message_types {
  message_types() { register_message_types(); }
};
BOOST_GLOBAL_FIXTURE(message_types);

// A view of the mounts for this process and what it starts: what is mounted here ends with them, however they
// end.
void own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) refuse("mounts of our own", errno);
  // In a chroot "/" need not be a mount; then only what unmounts in order leaves nothing behind.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && errno != EINVAL)
    refuse("mounts of our own", errno);
}

/// 16 MiB of memory.
class small_tmpfs {
 public:
  small_tmpfs() : mountpoint_{directory_ / "tmpfs"} {
    std::filesystem::create_directory(mountpoint_);
    own_mounts();
    if (::mount("tmpfs", mountpoint_.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "size=16m") != 0)
      refuse("mounting a tmpfs", errno);
  }
  small_tmpfs(const small_tmpfs&) = delete;
  small_tmpfs& operator=(const small_tmpfs&) = delete;
  ~small_tmpfs() { (void)::umount2(mountpoint_.c_str(), MNT_DETACH); }

  [[nodiscard]] const std::string& mountpoint() const noexcept { return mountpoint_; }

 private:
  temporary_directory directory_;
  std::string mountpoint_;
};

/// An ext4 of 32 MiB, its own journal of 4 MiB included.
class small_ext4 {
 public:
  small_ext4() : mountpoint_{directory_ / "ext4"} {
    std::filesystem::create_directory(mountpoint_);
    own_mounts();
    const auto image = directory_ / "image";
    {
      const auto made = open_or_refuse(image, O_RDWR | O_CREAT | O_EXCL);
      if (::ftruncate(made.get(), static_cast<off_t>(32 * limits::mib)) != 0) refuse(image, errno);
    }
    make_ext4(image);
    mounted_.emplace(image, mountpoint_, directory_ / "loop");
  }

  [[nodiscard]] const std::string& mountpoint() const noexcept { return mountpoint_; }

 private:
  temporary_directory directory_;
  std::string mountpoint_;
  std::optional<loop_mount> mounted_;
};

/// Nothing, with a line that says so, where this machine does not let us mount.
template <class FileSystem>
std::unique_ptr<FileSystem> mounted() {
  try {
    return std::make_unique<FileSystem>();
  } catch (const unavailable& e) {
    (void)says_skipped(e.what());
    return nullptr;
  }
}

/// A running store and what it must hold.
class subject {
 public:
  explicit subject(std::string path) : path_{std::move(path)} { open(); }

  void open() {
    running_.reset();
    running_ = std::make_unique<running>(path_);
  }
  /// In order; it can be opened again.
  void close() {
    const auto closed = client().close();
    BOOST_TEST_REQUIRE(closed.ok());
    running_.reset();
  }
  [[nodiscard]] store_client& client() { return running_->client; }

  /// Whether it was taken; refused for space else.
  bool put(const std::string& name, std::size_t bytes) {
    auto value = value_of(name, bytes);
    const auto done = client().put(name, payload{value});
    if (!done) {
      BOOST_TEST(done.error().code == errc::no_space, describe(done.error()));
      BOOST_TEST(done.error().name == name);
      return false;
    }
    held_[name] = std::move(value);
    return true;
  }
  void remove(const std::string& name) {
    const auto done = client().remove(name);
    BOOST_TEST_REQUIRE(done.ok());
    held_.erase(name);
  }
  /// Puts blocks until one is refused; how many were taken.
  int fill(const std::string& prefix, std::size_t bytes) {
    for (int i = 0;; ++i) {
      BOOST_REQUIRE(i < 100'000);
      if (!put(prefix + std::to_string(i), bytes)) return i;
    }
  }

  void require_contents() {
    for (const auto& [name, value] : held_) {
      const auto found = client().get(name);
      BOOST_TEST_REQUIRE(found.ok(), name);
      BOOST_TEST((as_text(found->value.view()) == value), name);
    }
    const auto status = client().status();
    BOOST_TEST_REQUIRE(status.ok());
    BOOST_TEST(status->state == "open");
    BOOST_TEST(status->blocks == held_.size());
  }

 private:
  struct running {
    explicit running(const std::string& path)
        : handle{open_on(system, path)}, client{system, handle} {}
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    /// Else the system waits for the store's actors, also when a check has failed.
    ~running() { (void)client.close(); }
    static store_actor open_on(caf::actor_system& system, const std::string& path) {
      store_options options;
      options.path = path;
      options.create = true;
      auto opened = open_store(system, options);
      if (!opened) throw std::runtime_error{describe(opened.error())};
      return opened->handle;
    }
    caf::actor_system_config config;
    caf::actor_system system{config};
    store_actor handle;
    store_client client;
  };

  std::string value_of(const std::string& name, std::size_t bytes) {
    std::string value = name + "#" + std::to_string(++writes_) + "#";
    value.resize(bytes, '.');
    return value;
  }

  std::string path_;
  std::unique_ptr<running> running_;
  std::map<std::string, std::string> held_;
  int writes_ = 0;
};

ended_child stowage_command(std::vector<std::string> words, std::string_view input = {}) {
  words.insert(words.begin(), STOWAGE_BINARY);
  return run_program(words, input);
}

/// Of so small a file most is what the store keeps for itself: journal areas, the writer's lease, the reserve.
enum class compaction_gain : bool { none_to_be_expected, some };

void fill_delete_and_go_on(const std::string& directory, compaction_gain gain) {
  const auto path = directory + "/s";
  subject store{path};
  const auto taken = store.fill("a", 256 * limits::kib);
  BOOST_TEST(taken > 16);
  // Small ones still fit, until they do not; then not even a new version of what is there.
  (void)store.fill("small", 3000);
  BOOST_TEST(!store.put("a0", 256 * limits::kib));
  store.require_contents();

  // Deletes need no space, and give some.
  for (int i = 0; i < 8; ++i) store.remove("a" + std::to_string(i));
  for (int i = 0; i < 6; ++i) BOOST_TEST(store.put("b" + std::to_string(i), 256 * limits::kib));
  (void)store.fill("c", 64 * limits::kib);
  store.require_contents();

  // And compaction works, whatever there is to gain.
  for (int i = 8; i < taken; ++i)
    if (i % 4 != 0) store.remove("a" + std::to_string(i));
  const auto compacted = store.client().compact();
  BOOST_TEST_REQUIRE(compacted.ok());
  BOOST_TEST(compacted->file_bytes_after <= compacted->file_bytes_before);
  if (gain == compaction_gain::some)
    BOOST_TEST(compacted->file_bytes_after < compacted->file_bytes_before);
  store.require_contents();
  BOOST_TEST(store.put("d", 256 * limits::kib));

  (void)store.fill("e", 64 * limits::kib);
  store.close();
  const auto verified = stowage_command({"verify", path});
  BOOST_TEST(verified.code == 0, verified.err);
  const auto refused = stowage_command({"put", path, "f"}, std::string(16 * limits::mib, 'f'));
  BOOST_TEST(refused.code == 6, refused.err);
  BOOST_TEST(std::ranges::count(refused.err, '\n') == 1, refused.err);
  store.open();
  store.require_contents();
}

void somebody_else_fills_it(const std::string& directory) {
  const auto other = directory + "/other";
  {
    const auto room = std::filesystem::space(directory).available;
    std::ofstream file{other, std::ios::binary};
    file << std::string(room - 6 * limits::mib, 'x') << std::flush;
    BOOST_TEST_REQUIRE(file.good());
  }
  subject store{directory + "/s"};
  // What the file has already can still be used.
  (void)store.fill("last", 64 * limits::kib);
  store.require_contents();
  std::filesystem::remove(other);
  for (int i = 0; i < 16; ++i)
    BOOST_TEST(store.put("again" + std::to_string(i), 256 * limits::kib));
  store.require_contents();
  store.close();
  store.open();
  store.require_contents();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(full_file_systems)

BOOST_AUTO_TEST_CASE(a_tmpfs_of_16_MiB) {
  const auto there = mounted<small_tmpfs>();
  if (there) fill_delete_and_go_on(there->mountpoint(), compaction_gain::none_to_be_expected);
}

BOOST_AUTO_TEST_CASE(an_ext4_of_32_MiB) {
  const auto there = mounted<small_ext4>();
  if (there) fill_delete_and_go_on(there->mountpoint(), compaction_gain::some);
}

BOOST_AUTO_TEST_CASE(a_tmpfs_that_somebody_else_fills) {
  const auto there = mounted<small_tmpfs>();
  if (there) somebody_else_fills_it(there->mountpoint());
}

BOOST_AUTO_TEST_CASE(an_ext4_that_somebody_else_fills) {
  const auto there = mounted<small_ext4>();
  if (there) somebody_else_fills_it(there->mountpoint());
}

BOOST_AUTO_TEST_SUITE_END()
