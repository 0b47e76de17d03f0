// Ground truth: leak
// A raw pointer between `new` and `delete`, and an exception that passes by: the decoder throws on
// one frame in twenty, and the frame's buffer is lost on the way up.
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

#include "pace.h"

namespace {

struct FrameBuffer {
    unsigned number;
    unsigned char bytes[640];
};

class CorruptFrame : public std::runtime_error {
  public:
    explicit CorruptFrame(unsigned number)
        : std::runtime_error("frame " + std::to_string(number) + " has a checksum that is wrong") {}
};

class Camera {
  public:
    [[gnu::noinline]] void read(FrameBuffer& frame) {
        std::memset(frame.bytes, static_cast<int>(random_() % 256), sizeof frame.bytes);
        frame.bytes[0] = static_cast<unsigned char>(random_() % 20);
    }

  private:
    std::minstd_rand random_{23};
};

[[gnu::noinline]] unsigned decode(const FrameBuffer& frame) {
    if (frame.bytes[0] == 0) throw CorruptFrame(frame.number);
    unsigned sum = 0;
    for (const unsigned char byte : frame.bytes)
        sum += byte;
    return sum;
}

[[gnu::noinline]] unsigned process_frame(Camera& camera, unsigned number) {
    auto* frame = new FrameBuffer;  // LEAK
    frame->number = number;
    camera.read(*frame);
    const unsigned sum = decode(*frame);
    delete frame;
    return sum;
}

class Pipeline {
  public:
    void step(unsigned number) {
        try {
            sum_ += process_frame(camera_, number);
        } catch (const CorruptFrame&) {
            pace_leaked(sizeof(FrameBuffer));
            ++corrupt_;
        }
    }

  private:
    Camera camera_;
    unsigned sum_ = 0;
    unsigned corrupt_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    Pipeline pipeline;
    unsigned number = 0;
    while (pace_next()) {
        pipeline.step(number++);
    }
    return pace_finish();
}
