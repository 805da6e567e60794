#!/usr/bin/env bash
# A project of somebody else has this tree as a part of it: only the library is built, and nothing of ours is set for the
# rest of the project. What it then installs is found as well: a static library, where CAF is static.
# shellcheck source=common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# Several files at once, as clang-tidy takes them, and unoptimized: this is about the build, not about what it makes.
must cmake -G Ninja -S "$source/tests/package/subdirectory" -B build -DSTOWAGE_SOURCE="$source" -DCAF_DIR="$CAF_DIR" \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=8 \
  -DSTOWAGE_INSTALL=ON
must cmake --build build -j 2
two_visits build/consumer
for target in stowage stowage_cli stowage_resp stowage_bench example_hello_store test_actors; do
  ! ninja -C build -t targets all | grep -q "^[^ ]*\b$target:" || fail "the target $target is there"
done

must cmake --install build --prefix "$PWD/prefix"
[[ ! -e prefix/bin ]] || fail "a program was installed"
rm -f store.stow
must cmake -G Ninja -S "$source/tests/package/consumer" -B static -DCMAKE_PREFIX_PATH="$PWD/prefix" -DCAF_DIR="$CAF_DIR" \
  -DCMAKE_BUILD_TYPE=Debug
must cmake --build static
two_visits static/consumer
