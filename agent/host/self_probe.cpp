// The agent's own probe target.
#include "agent/host/self_probe.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "agent/process/maps.h"
#include "agent/sniffer/uprobe_link.h"

// Assembly, because a compiler may inline, clone or empty a function of its own.
extern "C" void leaklens_self_probe();
asm(R"(
    .text
    .balign 16
    .type leaklens_self_probe, %function
leaklens_self_probe:
    nop
    ret
    .size leaklens_self_probe, . - leaklens_self_probe
)");

namespace leaklens {
namespace {

Result<Fd> load_program(bpf_prog_type type, std::span<const bpf_insn> instructions, bool multi) {
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    if (multi) options.expected_attach_type = static_cast<bpf_attach_type>(kAttachUprobeMulti);
    const int program =
        bpf_prog_load(type, "ll_trial", "GPL", instructions.data(), instructions.size(), &options);
    if (program < 0) return Error::from_errno("load a BPF program", -program);
    return Fd(program);
}

// The instructions of "return 0".
constexpr std::array<bpf_insn, 2> do_nothing{{
    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
    {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
}};

}  // namespace

Result<SelfProbePlace> find_self_probe_place() {
    const auto address = reinterpret_cast<std::uint64_t>(&leaklens_self_probe);
    const auto maps = read_maps(getpid());
    if (!maps.ok()) return maps.error();
    for (const Mapping& mapping : *maps) {
        if (address < mapping.start || address >= mapping.end) continue;
        Fd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
        if (!file) return Error::from_errno("open /proc/self/exe");
        return SelfProbePlace{std::move(file), address - mapping.start + mapping.offset};
    }
    return Error{ErrorKind::internal, "the agent does not find itself in its own memory map", {}};
}

void hit_self_probe() {
    leaklens_self_probe();
}

Result<Fd> create_counter_map() {
    const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ll_trial", sizeof(std::uint32_t),
                                   sizeof(std::uint64_t), 1, nullptr);
    if (map < 0) return Error::from_errno("create a BPF array", -map);
    return Fd(map);
}

Result<std::uint64_t> read_counter(const Fd& map) {
    const std::uint32_t key = 0;
    std::uint64_t value = 0;
    const int failure = bpf_map_lookup_elem(map.get(), &key, &value);
    if (failure < 0) return Error::from_errno("read a BPF array", -failure);
    return value;
}

Result<Fd> load_empty_program(bool multi) {
    return load_program(BPF_PROG_TYPE_KPROBE, do_nothing, multi);
}

Result<Fd> load_empty_tracepoint_program() {
    return load_program(BPF_PROG_TYPE_TRACEPOINT, do_nothing, false);
}

Result<Fd> load_counting_program(const Fd& map, bool multi) {
    constexpr std::int16_t key_slot = -4;
    const std::array<bpf_insn, 11> instructions{{
        // key = 0, on the stack; r2 = &key
        {.code = BPF_ST | BPF_MEM | BPF_W,
         .dst_reg = BPF_REG_10,
         .src_reg = 0,
         .off = key_slot,
         .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X,
         .dst_reg = BPF_REG_2,
         .src_reg = BPF_REG_10,
         .off = 0,
         .imm = 0},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K,
         .dst_reg = BPF_REG_2,
         .src_reg = 0,
         .off = 0,
         .imm = key_slot},
        // r1 = map: one instruction in two slots
        {.code = BPF_LD | BPF_DW | BPF_IMM,
         .dst_reg = BPF_REG_1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .off = 0,
         .imm = map.get()},
        {.code = 0, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
        {.code = BPF_JMP | BPF_CALL,
         .dst_reg = 0,
         .src_reg = 0,
         .off = 0,
         .imm = BPF_FUNC_map_lookup_elem},
        // if (r0 != null) *r0 += 1, atomically
        {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 2, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K,
         .dst_reg = BPF_REG_1,
         .src_reg = 0,
         .off = 0,
         .imm = 1},
        {.code = BPF_STX | BPF_ATOMIC | BPF_DW,
         .dst_reg = BPF_REG_0,
         .src_reg = BPF_REG_1,
         .off = 0,
         .imm = BPF_ADD},
        // return 0
        {.code = BPF_ALU64 | BPF_MOV | BPF_K,
         .dst_reg = BPF_REG_0,
         .src_reg = 0,
         .off = 0,
         .imm = 0},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    }};
    return load_program(BPF_PROG_TYPE_KPROBE, instructions, multi);
}

}  // namespace leaklens
