// Ground truth: leak
// The leak is in a static library: its code lies in the executable, its source is in another file.
// The program cannot release what it gets, for the library has no call for it.
#include <random>
#include <string>

#include "pace.h"
#include "static_library_leak.codec.h"

namespace {

class Camera {
  public:
    [[gnu::noinline]] std::string capture() {
        std::string image(200, ' ');
        for (char& pixel : image)
            pixel = static_cast<char>(random_() % 4);
        return image;
    }

  private:
    std::minstd_rand random_{13};
};

[[gnu::noinline]] std::size_t process(Camera& camera) {
    const std::string image = camera.capture();
    const codec::Encoded* encoded = codec::encode(image.data(), image.size());
    pace_leaked(codec::bytes_held_by(*encoded));
    return encoded->length;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 400);
    Camera camera;
    while (pace_next()) {
        process(camera);
    }
    return pace_finish();
}
