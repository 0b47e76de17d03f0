// Linkage names as a programmer writes them.
#pragma once

#include <string>

namespace leaklens {

// "_ZN3foo3barEi.part.0" becomes "foo::bar(int)": marks of compilers (".part.0", ".cold") and of
// symbol versions ("@@GLIBC_2.34") are cut off, because they are no part of the function that the
// programmer knows. Names that are not mangled, or not well, come back as they are.
std::string demangle(const char* name);

}  // namespace leaklens
