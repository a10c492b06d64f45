// Part of Raftlab, under the MIT License (see LICENSE).

#include "labrpc/labrpc.h"

#include <memory>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/failure.h"
#include "sim/machine.h"

namespace labrpc {
namespace {

using sim::Input;
using sim::Machine;
using sim::Output;

// One machine's half of every call: the calls that it waits for, and the handlers that it has.
class Endpoint {
 public:
  // This machine's, made when it is first needed after a boot.
  static Endpoint& Here() {
    Machine* machine = Machine::Current();
    if (machine == nullptr) {
      sim::Fail(sim::Verdict::kContract,
                "remote calls work only on a simulated machine, inside a run");
    }
    std::shared_ptr<void>& slot = machine->service_slot();
    if (slot == nullptr) {
      slot = std::make_shared<Endpoint>(machine);
      machine->set_input_handler([endpoint = static_cast<Endpoint*>(slot.get())](Input input) {
        endpoint->Take(std::move(input));
      });
    }
    return *static_cast<Endpoint*>(slot.get());
  }

  explicit Endpoint(Machine* machine) : machine_(machine) {}

  void Serve(const Service& service) {
    for (const auto& [name, handler] : service.handlers()) handlers_[name] = handler;
  }

  std::optional<std::string> Call(int to, std::string_view method, std::string args,
                                  sim::Place place) {
    sim::WarnOfHeldLocks("the call of ", method, place);
    const uint64_t id = next_id_++;
    PendingCall call;
    calls_.emplace(id, &call);
    machine_->Emit({.kind = Output::Kind::kSend,
                    .id = id,
                    .to = to,
                    .method = std::string(method),
                    .bytes = std::move(args)});
    while (!call.done) call.queue.Wait(sim::WaitKind::kCall, place);
    return std::move(call.reply);
  }

 private:
  struct PendingCall {
    bool done = false;
    std::optional<std::string> reply;
    sim::WaitQueue queue;
  };

  void Take(Input input) {
    if (input.kind == Input::Kind::kRequest) {
      StartHandler(std::move(input));
      return;
    }
    const auto it = calls_.find(input.id);
    if (it == calls_.end()) return;
    PendingCall* call = it->second;
    calls_.erase(it);
    call->done = true;
    if (input.kind == Input::Kind::kReply) call->reply = std::move(input.bytes);
    call->queue.WakeOne();
  }

  void StartHandler(Input request) {
    const auto it = handlers_.find(request.method);
    if (it == handlers_.end()) FailForUnknownMethod(request.method);
    std::string name = request.method;  // the lambda takes the request away
    machine_->Go(std::move(name), [this, handler = &it->second, request = std::move(request)] {
      std::string reply = (*handler)(request.bytes);
      machine_->Emit({.kind = Output::Kind::kReply, .id = request.id, .bytes = std::move(reply)});
    });
  }

  [[noreturn]] void FailForUnknownMethod(const std::string& method) {
    std::vector<std::string> known;
    for (const auto& [name, handler] : handlers_) known.push_back(name);
    sim::Fail(
        sim::Verdict::kContract,
        absl::StrFormat("node %d was called as \"%s\", and answers only to: %s", machine_->id(),
                        method, known.empty() ? "nothing" : absl::StrJoin(known, ", ")));
  }

  Machine* const machine_;
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, PendingCall*> calls_;  // never iterated
  std::map<std::string, Service::Handler, std::less<>> handlers_;
};

}  // namespace

namespace internal {

std::optional<std::string> CallBytes(int to, std::string_view method, std::string args,
                                     sim::Place place) {
  return Endpoint::Here().Call(to, method, std::move(args), place);
}

void CannotDecode(std::string_view what, std::string_view method, const absl::Status& status) {
  sim::Fail(sim::Verdict::kContract,
            absl::StrFormat("the %s of %s cannot be read: %s", what, method, status.message()));
}

}  // namespace internal

void Serve(const Service& service) { Endpoint::Here().Serve(service); }

}  // namespace labrpc
