// Ground truth: leak
// Built with -O3: the function that leaks, and its caller, are inlined into the loop, and no frame
// of their own is left on the stack. The marked line is still the one to blame.
#include <cstddef>
#include <random>

#include "pace.h"

namespace {

struct Point {
    double x;
    double y;
};

struct Polygon {
    Point corners[6];
    Point centre;
};

inline Polygon* copy_of(const Polygon& polygon) {
    return new Polygon(polygon);  // LEAK
}

inline double area(const Polygon& polygon) {
    double twice = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        const Point& a = polygon.corners[i];
        const Point& b = polygon.corners[(i + 1) % 6];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice / 2;
}

// Moves a copy of the polygon, and forgets the copy when it comes out too small.
inline double shrink(const Polygon& polygon, double factor) {
    Polygon* copy = copy_of(polygon);
    for (Point& corner : copy->corners) {
        corner.x *= factor;
        corner.y *= factor;
    }
    const double result = area(*copy);
    if (result < 1) {
        pace_leaked(sizeof(Polygon));
        return 0;
    }
    delete copy;
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    std::minstd_rand random{5};
    Polygon hexagon{
        {{2, 0}, {1, 1.7}, {-1, 1.7}, {-2, 0}, {-1, -1.7}, {1, -1.7}},
        {0, 0},
    };
    double sum = 0;
    while (pace_next()) {
        hexagon.centre.x = static_cast<double>(random() % 10);
        sum += shrink(hexagon, hexagon.centre.x / 10);
    }
    // Keeps the optimiser from dropping the sum, and with it the copies.
    return sum < 0 ? 1 : pace_finish();
}
