// The part of dlopen_leak that leaks: a plugin, opened at run time.
#include <cstring>

namespace {

struct Conversion {
    std::size_t length;
    char text[120];
};

[[gnu::noinline]] Conversion* begin_conversion(const char* text) {
    Conversion* conversion = new Conversion;  // LEAK
    conversion->length = std::strlen(text);
    std::strncpy(conversion->text, text, sizeof conversion->text - 1);
    return conversion;
}

}  // namespace

// Returns the length of the converted text. The conversion itself is never released.
extern "C" std::size_t plugin_convert(const char* text) {
    const Conversion* conversion = begin_conversion(text);
    return conversion->length;
}
