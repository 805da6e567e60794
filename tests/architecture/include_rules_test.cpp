// The include rules of the architecture hold in the whole tree, and the check of them can fail.

#include <stowage/tests/architecture/include_rules.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace fs = std::filesystem;
namespace data = boost::unit_test::data;
using namespace stowage::architecture;

namespace {

struct sample {
  const char* file;
  const char* text;
};

std::ostream& operator<<(std::ostream& out, const sample& s) {
  return out << s.file << ": " << s.text;
}

const std::vector<sample> allowed{
    {"storage/core/huge_memory.cpp", "#include <sys/mman.h>"},
    {"storage/core/checksum.cpp", "#include <xxhash.h>"},
    {"storage/core/types.hpp", "#include <cstdint>\n#include <stowage/storage/core/errc.hpp>"},
    {"storage/format/layout.hpp", "#include <stowage/storage/core/types.hpp>"},
    {"storage/device/posix_device.cpp", "#include <fcntl.h>\n#include <sys/stat.h>"},
    {"storage/log/group.cpp", "#include <stowage/storage/format/journal_record.hpp>"},
    {"storage/log/group.cpp", "#include \"group.hpp\""},
    {"storage/log/group.hpp", "#include <stowage/storage/index/block.hpp>"},
    {"storage/recovery.cpp", "#include <stowage/storage/log/replay_table.hpp>"},
    {"storage/log/batch_policy.hpp", "// never calls steady_clock::now itself"},
    {"messages/store.hpp", "#include <caf/typed_actor.hpp>"},
    {"config/config.hpp", "#include <stowage/storage/log/batch_options.hpp>"},
    {"actors/writer.cpp", "#include <stowage/actors/writer.hpp>\n#include <caf/all.hpp>"},
    {"actors/writer.cpp", "#include <stowage/actors/pending_replies.hpp>"},
    {"actors/runtime.cpp", "#include <stowage/actors/registry.hpp>"},
    {"client/client.hpp", "#include <stowage/actors/runtime.hpp>"},
    {"resp/session.hpp", "#include <stowage/messages/store.hpp>"},
    {"resp/request_reader.cpp", "#include <hiredis/read.h>"},
    {"resp/listener.cpp", "#include <netinet/in.h>\n#include <sys/socket.h>"},
    {"config/settings.hpp", "#include <stowage/resp/resp_options.hpp>"},
    {"testkit/store_fixture.hpp",
     "#include <stowage/actors/runtime.hpp>\n#include <stowage/testkit/answer.hpp>"},
    {"testkit/device_rig.hpp", "#include <stowage/storage/device/faulty_device.hpp>"},
    {"testkit/boost_test.hpp", "#include <boost/test/unit_test.hpp>"},
    {"tests/storage/device/memory_device_test.cpp",
     "#include <stowage/testkit/device_conformance.hpp>"},
    {"cli/verify.cpp", "#include <stowage/storage/recovery.hpp>\n#include <CLI/CLI.hpp>"},
    {"tests/storage/core/types_test.cpp", "#include <boost/test/unit_test.hpp>"},
};

const std::vector<sample> forbidden{
    {"storage/core/types.hpp", "#include <caf/fwd.hpp>"},
    {"storage/core/types.hpp", "  #  include   <caf/fwd.hpp>  // indented"},
    {"storage/core/types.hpp", "#include <unistd.h>"},
    {"storage/core/huge_memory.hpp", "#include <stowage/storage/device/block_device.hpp>"},
    {"storage/core/types.hpp", "#include <fmt/core.h>"},
    {"storage/core/types.hpp", "#include <stowage/storage/format/layout.hpp>"},
    {"storage/core/types.hpp", "#include \"../format/layout.hpp\""},
    {"storage/core/types.hpp", "#include <stowage/storage/core/../format/layout.hpp>"},
    {"storage/format/layout.hpp", "#include <xxhash.h>"},
    {"storage/format/layout.hpp", "#include <stowage/storage/space/free_map.hpp>"},
    {"storage/space/free_map.hpp", "#include <stowage/storage/format/layout.hpp>"},
    {"storage/device/posix_device.cpp", "#include <stowage/storage/log/group.hpp>"},
    {"storage/device/posix_device.cpp", "#include <boost/asio.hpp>"},
    {"storage/index/block_index.hpp", "#include <stowage/storage/log/group.hpp>"},
    {"storage/log/group.hpp", "#include <stowage/storage/index/block_index.hpp>"},
    {"storage/log/group.hpp", "#include <sys/uio.h>"},
    {"storage/cache/payload_cache.hpp", "#include <stowage/storage/index/block_index.hpp>"},
    {"storage/recovery.hpp", "#include <stowage/messages/error.hpp>"},
    {"storage/new_part/thing.hpp", "#include <cstdint>"},
    {"storage/log/batch_policy.cpp", "auto t = std::chrono::steady_clock::now();"},
    {"storage/device/faulty_device.cpp", "std::mt19937 engine{std::random_device{}()};"},
    {"storage/device/posix_device.cpp",
     "auto* p = ::mmap(nullptr, n, PROT_WRITE, MAP_SHARED, f, 0);"},
    {"messages/store.hpp", "#include <stowage/actors/runtime.hpp>"},
    {"messages/store.hpp", "#include <stowage/storage/log/group.hpp>"},
    {"config/config.hpp", "#include <stowage/actors/writer.hpp>"},
    {"actors/writer.cpp", "#include <stowage/actors/disk.hpp>"},
    {"actors/writer.cpp", "#include \"disk.hpp\""},
    {"actors/writer.hpp", "#include <stowage/actors/registry_state.hpp>"},
    {"actors/pending_replies.hpp", "#include <stowage/actors/registry.hpp>"},
    {"actors/writer.hpp", "#include <stowage/client/client.hpp>"},
    {"actors/disk.cpp", "#include <fcntl.h>"},
    {"client/client.hpp", "#include <stowage/storage/log/group.hpp>"},
    {"client/client.hpp", "#include <stowage/actors/registry.hpp>"},
    {"resp/session.cpp", "#include <stowage/storage/index/block_index.hpp>"},
    {"resp/session.cpp", "#include <stowage/actors/registry.hpp>"},
    {"resp/session.cpp", "#include <stowage/client/store_client.hpp>"},
    {"config/settings.hpp", "#include <stowage/resp/session.hpp>"},
    {"client/client.hpp", "#include <stowage/resp/session.hpp>"},
    {"cli/serve.cpp", "#include <stowage/actors/writer.hpp>"},
    {"tests/storage/core/types_test.cpp", "#include <caf/all.hpp>"},
    {"tests/storage/core/types_test.cpp", "#include <stowage/actors/runtime.hpp>"},
    {"tests/storage/log/group_test.cpp", "#include <stowage/testkit/deterministic_system.hpp>"},
    {"tests/storage/log/group_test.cpp",
     "#include <stowage/tests/support/actors/store_fixture.hpp>"},
    {"testkit/store_fixture.hpp", "#include <boost/test/unit_test.hpp>"},
    {"testkit/store_fixture.hpp", "#include <stowage/actors/registry.hpp>"},
    {"testkit/store_fixture.hpp", "#include <stowage/tests/support/test_size.hpp>"},
    {"testkit/device_rig.hpp", "#include <stowage/messages/store.hpp>"},
    {"testkit/device_rig.hpp", "#include <stowage/testkit/deterministic_system.hpp>"},
    {"testkit/device_rig.hpp", "#include <caf/actor.hpp>"},
    {"testkit/boost_test.hpp", "#include <stowage/testkit/answer.hpp>"},
    {"unknown/file.cpp", "#include <cstdint>"},
};

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(in, "cannot read " << path);
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> result;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
      const auto extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".hpp" || extension == ".cpp")) {
        result.push_back(entry.path());
      }
    }
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(include_rules)

BOOST_DATA_TEST_CASE(allow_what_the_architecture_allows, data::make(allowed)) {
  for (const auto& violation : violations(sample.file, sample.text)) {
    BOOST_ERROR(violation);
  }
  BOOST_TEST(true);
}

BOOST_DATA_TEST_CASE(find_each_single_violation, data::make(forbidden)) {
  BOOST_TEST(violations(sample.file, sample.text).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_violation_names_file_and_line) {
  const auto found = violations("storage/core/a.hpp", "// purpose\n\n#include <caf/all.hpp>\n");
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found.front() == "storage/core/a.hpp:3: storage/core/ may not include <caf/all.hpp>");
}

BOOST_AUTO_TEST_CASE(hold_in_the_whole_tree) {
  const fs::path root{STOWAGE_SOURCE_DIR};
  std::size_t files = 0;
  for (const auto* folder : {"storage", "messages", "config", "actors", "client", "resp", "testkit",
                             "cli", "bench", "examples", "tests/storage", "tests/support"}) {
    for (const auto& path : sources_below(root / folder)) {
      const auto file = path.lexically_relative(root).generic_string();
      for (const auto& violation : violations(file, read_file(path))) {
        BOOST_ERROR(violation);
      }
      ++files;
    }
  }
  // A wrong root would find nothing, and so nothing wrong.
  BOOST_TEST(files > 10u);
}

BOOST_AUTO_TEST_SUITE_END()
