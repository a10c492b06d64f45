// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  Print("\x1b[2J\x1b]0;owned\x07</pre></script><script>alert('@MARK@')</script>\n"
        "<img src=x onerror=alert(1)>\r\n=cmd|'/C calc'!A0\n\xff\xfe\xe2\x80\xae]]>&lt;\n");
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kWarning,
                                 .bytes = "</td><script>alert('@MARK@')</script>\x1b[31m"});
  SendFrame(6, Failed("safety", "=1+1</script><script>alert('@MARK@')</script>\x1b[31m\xff"));
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
