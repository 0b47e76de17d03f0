#include "agent/sniffer/heap_object.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "agent/sniffer/uprobe_link.h"

extern "C" {
extern const char leaklens_heap_object_begin[];
extern const char leaklens_heap_object_end[];
extern const char leaklens_heap_no_loop_object_begin[];
extern const char leaklens_heap_no_loop_object_end[];
}

namespace leaklens {

namespace {

// Programs that only one way of attaching needs, and those that need the kernel to tell a task's
// registers: what is not needed is not loaded.
constexpr std::array<const char*, LL_SHAPES> kEntryPrograms = {
    "ll_malloc",   "ll_calloc",      "ll_realloc",        "ll_reallocarray",
    "ll_memalign", "ll_aligned_new", "ll_posix_memalign", "ll_free"};

struct Tracepoint {
    const char* event;
    const char* program;
};
constexpr std::array<Tracepoint, 5> kMappingTracepoints = {{
    {"syscalls/sys_enter_mmap", "ll_enter_mmap"},
    {"syscalls/sys_exit_mmap", "ll_exit_mmap"},
    {"syscalls/sys_enter_munmap", "ll_enter_munmap"},
    {"syscalls/sys_enter_mremap", "ll_enter_mremap"},
    {"syscalls/sys_exit_mremap", "ll_exit_mremap"},
}};
constexpr Tracepoint kExecTracepoint = {"sched/sched_process_exec", "ll_exec"};

// Process ids as this process sees them: the initial namespace's (zeros), or those of the
// namespace that the agent itself lives in.
ll_config config_for(pid_t pid) {
    constexpr std::uint64_t kInitialNamespace = 0xEFFFFFFCU;  // PROC_PID_INIT_INO
    ll_config config{};
    config.tgid = static_cast<std::uint32_t>(pid);
    struct stat status {};
    if (stat("/proc/self/ns/pid", &status) == 0 && status.st_ino != kInitialNamespace) {
        config.pid_namespace_device = status.st_dev;
        config.pid_namespace_inode = status.st_ino;
    }
    return config;
}

int say_nothing(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/) {
    return 0;  // libbpf's errors come back as return codes; its prose is not for our users
}

}  // namespace

Result<std::unique_ptr<HeapObject>> HeapObject::load(const KernelFeatures& features,
                                                     const CaptureLimits& limits, pid_t pid,
                                                     std::shared_ptr<RowStore> rows) {
    std::unique_ptr<HeapObject> heap(new HeapObject);
    heap->rows_ = std::move(rows);
    if (const Status status = heap->open_and_load(features, limits, pid); !status)
        return status.error();
    return heap;
}

Status HeapObject::open_and_load(const KernelFeatures& features, const CaptureLimits& limits,
                                 pid_t pid) {
    libbpf_set_print(say_nothing);
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "leaklens");
    const char* const begin =
        features.bpf_loop ? leaklens_heap_object_begin : leaklens_heap_no_loop_object_begin;
    const char* const end =
        features.bpf_loop ? leaklens_heap_object_end : leaklens_heap_no_loop_object_end;
    object_.reset(bpf_object__open_mem(begin, static_cast<std::size_t>(end - begin), &options));
    if (!object_) return Error::from_errno("open the kernel programs");
    bpf_object* const object = object_.get();
    const auto find_map = [object](const char* name) {
        return bpf_object__find_map_by_name(object, name);
    };

    // A program that this object does not have cannot be asked for either.
    const auto load_if = [object](const char* name, bool wanted) {
        bpf_program* const found = bpf_object__find_program_by_name(object, name);
        if (found != nullptr) bpf_program__set_autoload(found, wanted);
        return found;
    };
    for (const char* const name : kEntryPrograms)
        load_if(name, !features.uprobe_multi);
    bpf_program* const multi = load_if("ll_entry", features.uprobe_multi);
    if (features.uprobe_multi) {
        constexpr auto kMulti = static_cast<bpf_attach_type>(kAttachUprobeMulti);
        bpf_program__set_expected_attach_type(multi, kMulti);
        bpf_program__set_expected_attach_type(load_if("ll_return", true), kMulti);
    }
    for (const Tracepoint& tracepoint : kMappingTracepoints)
        load_if(tracepoint.program, features.mappings);
    load_if(kExecTracepoint.program, !features.tracefs.empty());

    bpf_map__set_max_entries(find_map("ll_blocks"), limits.blocks);
    bpf_map__set_max_entries(find_map("ll_stacks"), limits.stacks);
    bpf_map__set_max_entries(find_map("ll_counters"), limits.counters);
    if (!features.safe_on_demand_maps) {
        // What is allocated in advance must be smaller.
        bpf_map__set_map_flags(find_map("ll_blocks"), 0);
        bpf_map__set_map_flags(find_map("ll_threads"), 0);
        bpf_map__set_max_entries(find_map("ll_threads"), 4096);
    }
    if (const int error = bpf_map__reuse_fd(find_map("ll_rows"), rows_->rows_fd()); error != 0)
        return Error::from_errno("share the unwind rows", -error);
    if (const int error = bpf_map__reuse_fd(find_map("ll_row_index"), rows_->index_fd());
        error != 0)
        return Error::from_errno("share the index of the unwind rows", -error);

    const ll_config config = config_for(pid);
    if (const int error =
            bpf_map__set_initial_value(find_map(".rodata.config"), &config, sizeof(config));
        error != 0)
        return Error::from_errno("configure the kernel programs", -error);

    if (const int error = bpf_object__load(object); error != 0) {
        return Error{
            ErrorKind::not_permitted,
            std::string("the kernel refused the capture's programs: ") + std::strerror(-error),
            "Run `leaklens doctor` to see what this kernel allows."};
    }
    if (!features.bpf_loop) {
        const std::uint32_t zero = 0;
        const int next = program("ll_continue");
        if (bpf_map_update_elem(map("ll_programs"), &zero, &next, BPF_ANY) != 0)
            return Error::from_errno("chain the unwinding programs");
    }
    auto control = MappedArray<ll_control>::map(map(".data.control"), 1);
    if (!control) return control.error();
    control_ = std::move(*control);
    auto modules = MappedArray<ll_module>::map(map("ll_modules"), std::size_t{2} * LL_MAX_MODULES);
    if (!modules) return modules.error();
    modules_ = std::move(*modules);
    ring_.reset(ring_buffer__new(map("ll_events"), on_ring_event, this, nullptr));
    if (!ring_) return Error::from_errno("read the kernel's ring buffer");
    return {};
}

int HeapObject::program(const char* name) const {
    const bpf_program* const found = bpf_object__find_program_by_name(object_.get(), name);
    return found == nullptr ? -1 : bpf_program__fd(found);
}

int HeapObject::map(const char* name) const {
    return bpf_map__fd(bpf_object__find_map_by_name(object_.get(), name));
}

int HeapObject::entry_program(AllocatorShape shape) const {
    return program(kEntryPrograms.at(static_cast<std::size_t>(shape)));
}

std::vector<std::pair<std::string, int>> HeapObject::tracepoints() const {
    std::vector<std::pair<std::string, int>> found;
    const auto add = [&](const Tracepoint& tracepoint) {
        if (const int fd = program(tracepoint.program); fd >= 0)
            found.emplace_back(tracepoint.event, fd);
    };
    for (const Tracepoint& tracepoint : kMappingTracepoints)
        add(tracepoint);
    add(kExecTracepoint);
    return found;
}

std::size_t HeapObject::set_modules(const std::vector<ll_module>& modules) {
    const std::size_t fitting = std::min<std::size_t>(modules.size(), LL_MAX_MODULES);
    const std::uint64_t first = second_table_ ? LL_MAX_MODULES : 0;
    for (std::size_t i = 0; i < fitting; i++)
        modules_.store(first + i, modules[i]);
    // The table is complete before it is pointed at.
    std::atomic_thread_fence(std::memory_order_release);
    control_.at(0)->module_table = first << 32 | fitting;
    second_table_ = !second_table_;
    return modules.size() - fitting;
}

Result<ll_totals> HeapObject::read_totals() const {
    const int processors = libbpf_num_possible_cpus();
    if (processors < 0) return Error::from_errno("count processors", -processors);
    std::vector<ll_totals> per_processor(static_cast<std::size_t>(processors));
    const std::uint32_t zero = 0;
    if (bpf_map_lookup_elem(map("ll_totals"), &zero, per_processor.data()) != 0)
        return Error::from_errno("read the kernel's totals");
    constexpr std::size_t kWords = sizeof(ll_totals) / sizeof(std::uint64_t);
    std::array<std::uint64_t, kWords> sum{};
    for (const ll_totals& totals : per_processor) {
        std::array<std::uint64_t, kWords> words{};
        std::memcpy(words.data(), &totals, sizeof(totals));
        for (std::size_t i = 0; i < kWords; i++)
            sum.at(i) += words.at(i);
    }
    ll_totals result{};
    std::memcpy(&result, sum.data(), sizeof(result));
    return result;
}

Status HeapObject::read_counters(std::vector<std::pair<ll_counter_key, ll_counter>>& out) const {
    return read_all<ll_counter_key, ll_counter>(map("ll_counters"), out);
}

Status HeapObject::read_free_sites(
    std::vector<std::pair<ll_free_site_key, std::uint64_t>>& out) const {
    return read_all<ll_free_site_key, std::uint64_t>(map("ll_free_sites"), out);
}

void HeapObject::forget_counter(const ll_counter_key& key) {
    bpf_map_delete_elem(map("ll_counters"), &key);
}

std::vector<std::uint32_t> HeapObject::known_threads() const {
    std::vector<std::uint32_t> known;
    const int fd = map("ll_threads");
    std::uint32_t key = 0;
    for (const std::uint32_t* previous = nullptr; bpf_map_get_next_key(fd, previous, &key) == 0;
         previous = &key)
        known.push_back(key);
    return known;
}

void HeapObject::forget_thread(std::uint32_t thread) {
    bpf_map_delete_elem(map("ll_threads"), &thread);
}

std::uint64_t HeapObject::missed_hits() const {
    std::uint64_t missed = 0;
    bpf_program* entry = nullptr;
    bpf_object__for_each_program(entry, object_.get()) {
        if (bpf_program__fd(entry) < 0) continue;
        bpf_prog_info info{};
        std::uint32_t size = sizeof(info);
        if (bpf_obj_get_info_by_fd(bpf_program__fd(entry), &info, &size) == 0)
            missed += info.recursion_misses;
    }
    return missed;
}

int HeapObject::on_ring_event(void* context, void* data, std::size_t size) {
    const auto* const self = static_cast<HeapObject*>(context);
    (*self->on_event_)(data, size);
    return 0;
}

void HeapObject::drain(const std::function<void(const void*, std::size_t)>& on_event) {
    on_event_ = &on_event;
    ring_buffer__consume(ring_.get());
    on_event_ = nullptr;
}

int HeapObject::ring_fd() const {
    return ring_buffer__epoll_fd(ring_.get());
}

}  // namespace leaklens
