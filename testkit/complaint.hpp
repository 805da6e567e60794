// How the kit speaks up: exceptions where a test can take them, complaints where it cannot.
//
// Contract: a call that makes no sense throws `misuse`, an answer that is not what the test takes it for throws
// `unexpected_answer`; every test framework makes a failed test of an exception. What is found where nothing can be
// thrown (a fixture that ends) goes to the complaint handler; without one it is printed and ends the program, because
// a test that fails silently is worse than none.
// Concurrency: one thread, that of the test.
// Limits: one handler for the whole program.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace stowage::testkit {

/// The test asks for something that cannot be.
struct misuse : std::logic_error {
  using logic_error::logic_error;
};

/// An error where the test takes a success for granted, or the other way round.
struct unexpected_answer : std::runtime_error {
  using runtime_error::runtime_error;
};

using complaint_handler = std::function<void(const std::string&)>;

/// Who hears complaints from now on; nobody if it is empty. Answers who did before.
complaint_handler set_complaint_handler(complaint_handler handler);

void complain(const std::string& what);

}  // namespace stowage::testkit
