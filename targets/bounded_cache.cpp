// Ground truth: silent (cache)
// A cache of rendered thumbnails that has reached its bound before anybody looks: each miss evicts
// the oldest entry, so blocks live long and die all the same.
#include <list>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include "pace.h"

namespace {

struct Thumbnail {
    unsigned picture;
    char pixels[1024];
};

class ThumbnailCache {
  public:
    const Thumbnail& get(unsigned picture) {
        if (const auto found = index_.find(picture); found != index_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            return **found->second;
        }
        if (order_.size() >= bound) evict();
        return insert(picture);
    }

    static constexpr std::size_t bound = 2000;

  private:
    using Order = std::list<std::unique_ptr<Thumbnail>>;

    [[gnu::noinline]] const Thumbnail& insert(unsigned picture) {
        auto thumbnail = std::make_unique<Thumbnail>();
        thumbnail->picture = picture;
        order_.push_front(std::move(thumbnail));
        index_[picture] = order_.begin();
        return *order_.front();
    }

    [[gnu::noinline]] void evict() {
        index_.erase(order_.back()->picture);
        order_.pop_back();
    }

    Order order_;
    std::unordered_map<unsigned, Order::iterator> index_;
};

[[gnu::noinline]] std::size_t show(ThumbnailCache& cache, unsigned picture) {
    const std::string caption = "picture number " + std::to_string(picture) + " of the gallery";
    return caption.size() + static_cast<unsigned char>(cache.get(picture).pixels[picture % 1024]);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1500);
    ThumbnailCache cache;
    std::minstd_rand random{11};
    for (unsigned picture = 0; picture < ThumbnailCache::bound; ++picture)
        cache.get(picture);
    while (pace_next()) {
        show(cache, static_cast<unsigned>(random() % 10000));
    }
    return pace_finish();
}
