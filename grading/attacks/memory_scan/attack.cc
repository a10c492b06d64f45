// Part of Raftlab, under the MIT License (see LICENSE).

#include <link.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  // Names that only the judge knows, put together here so that this does not find itself.
  const std::string words[] = {std::string("Many") + "Elections", std::string("look-for") + "-leader",
                               std::string("RAFTLAB") + "-SECRET"};
  FILE* const unused = nullptr;
  (void)unused;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        const auto* wanted = static_cast<const std::string*>(data);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& part = info->dlpi_phdr[i];
          if (part.p_type != PT_LOAD || (part.p_flags & PF_R) == 0) continue;
          const auto* begin = reinterpret_cast<const char*>(info->dlpi_addr + part.p_vaddr);
          for (int word = 0; word < 3; ++word) {
            if (memmem(begin, part.p_memsz, wanted[word].data(), wanted[word].size()) != nullptr) {
              Print("SECRET-FOUND " + wanted[word].substr(0, 4) + "\n");
            }
          }
        }
        return 0;
      },
      const_cast<std::string*>(words));
});
}  // namespace attack
