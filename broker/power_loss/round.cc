// Lives, their ends, and the checks between them.

#include "power_loss/round.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "power_loss/committer.h"
#include "power_loss/consumer.h"
#include "power_loss/member.h"
#include "power_loss/partition_checks.h"
#include "power_loss/producer.h"
#include "power_loss/reader.h"
#include "power_loss/topics_client.h"

namespace moldau::power_loss {
namespace {

constexpr std::size_t kPlainProducers = 2;
constexpr std::size_t kIdempotentProducers = 3;
constexpr std::size_t kGroups = 4;

using sim::Random;

Nanos micros(std::uint64_t count) { return std::chrono::microseconds{count}; }

sim::DiskOptions disk_options(Random& random) {
    sim::DiskOptions options;
    options.seed = random.next();
    options.read_latency = {micros(1), micros(100)};
    options.write_latency = {micros(5), micros(random.between(20, 300))};
    options.sync_latency = {micros(50), micros(random.between(100, 4'000))};
    options.other_latency = {micros(5), micros(random.between(20, 500))};
    return options;
}

std::string name_of(End end) {
    return end == End::kPowerLost ? "the power fails" : end == End::kProcessDied ? "the process dies" : "an orderly stop";
}

// Everything small, so that what is rare with gigabytes happens all the time.
struct Settings {
    explicit Settings(Random& random)
        : cores(random.between(1, 3)), dirs(random.chance(30) ? 2 : 1), bypass_bytes(random.between(1'500, 6'000)) {
        const auto set = [&](const char* name, std::uint64_t value) { values[name] = std::to_string(value); };
        values["log.dirs"] = dirs == 2 ? "/data-0,/data-1" : "/data-0";
        values["auto.create.topics.enable"] = "false";
        set("log.segment.bytes", random.between(12'000, 60'000));
        set("log.roll.ms", random.between(1'000, 8'000));
        set("offsets.topic.num.partitions", 2);
        set("log.index.interval.bytes", random.between(100, 2'000));
        set("log.segment.delete.delay.ms", random.between(50, 2'000));
        set("log.flush.offset.checkpoint.interval.ms", random.between(300, 4'000));
        set("log.retention.check.interval.ms", random.between(100, 1'000));
        set("log.cleaner.backoff.ms", random.between(50, 500));
        set("moldau.wal.file.bytes", 4'096 * random.between(4, 32));
        set("moldau.wal.bypass.bytes", bypass_bytes);
        set("moldau.hot.tail.bytes", random.between(1'000, 30'000));
        set("group.initial.rebalance.delay.ms", 0);
    }
    std::size_t cores;
    std::size_t dirs;
    std::size_t bypass_bytes;
    std::map<std::string, std::string, std::less<>> values;
};

class Round {
public:
    explicit Round(const RoundOptions& options)
        : options_(options),
          random_(options.seed),
          settings_(random_),
          disk_(disk_options(random_)),
          plans_(topic_plans(options.mode)),
          topics_(plans_, random_.fork(), verdict_) {
        make_clients();
    }

    RoundResult run() {
        const std::size_t lives = options_.power_fails_after ? 1 : options_.lives;
        for (std::size_t life = 0; life < lives && verdict_.holds(); ++life) {
            live();
            if (life == 0) first_life_ = disk_.operations();
        }
        if (verdict_.holds()) live_to_check();
        verdict_.counts.operations = disk_.operations();
        verdict_.counts.rounds = 1;
        return {verdict_.violation(), verdict_.counts, first_life_};
    }

private:
    void make_clients() {
        for (const auto& plan : plans_) {
            for (std::int32_t index = 0; index < plan.partitions; ++index)
                histories_.emplace_back(plan, PartitionIndex{index});
        }
        std::vector<History*> targets;
        for (auto& history : histories_) {
            targets.push_back(&history);
            consumers_.emplace_back(history, verdict_);
        }
        for (std::size_t number = 0; number < kPlainProducers + kIdempotentProducers; ++number) {
            const auto kind = number < kPlainProducers ? Producer::Kind::kPlain : Producer::Kind::kIdempotent;
            producers_.emplace_back(Producer::Options{number, kind, settings_.bypass_bytes}, targets, random_.fork(),
                                    verdict_);
        }
        for (std::size_t number = 0; number < kGroups; ++number) {
            const auto& target = *targets[random_.below(targets.size())];
            committers_.emplace_back("group-" + std::to_string(number), target, verdict_);
            members_.emplace_back("members-" + std::to_string(number), verdict_);
        }
    }

    std::unique_ptr<Process> new_process() {
        return std::make_unique<Process>(disk_, Process::Options{.seed = random_.next(),
                                                                 .cores = settings_.cores,
                                                                 .values = settings::Values{settings_.values},
                                                                 .boot_id = "boot-" + std::to_string(boot_)});
    }

    // From a start to an end of any kind.
    void live() {
        const auto process = new_process();
        const End wanted = choose_end();
        const bool may_crash = wanted != End::kCleanStop;
        const bool crashes_in_start = may_crash && !options_.power_fails_after && random_.chance(20);
        if (options_.power_fails_after) disk_.crash_after_operation(*options_.power_fails_after);
        if (crashes_in_start) crash_within(90);
        const bool started = start(*process);
        if (started) {
            disk_.crash_after_operation(options_.power_fails_after.value_or(0));
            if (may_crash && !options_.power_fails_after) crash_within(random_.chance(30) ? 150 : 1'500);
            if (check(*process)) work(*process);
        } else if (verdict_.holds()) {
            ++verdict_.counts.during_start;
        }
        end(*process, started, wanted);
    }

    // The last one: nothing crashes any more, twice.
    void live_to_check() {
        for (int times = 0; times < 2 && verdict_.holds(); ++times) {
            const auto process = new_process();
            const bool checked = start(*process) && check(*process);
            CHECK(checked || !verdict_.holds());
            end(*process, checked, End::kCleanStop);
        }
    }

    End choose_end() {
        if (options_.power_fails_after) return End::kPowerLost;
        const auto choice = random_.below(100);
        return choice < 60 ? End::kPowerLost : choice < 85 ? End::kProcessDied : End::kCleanStop;
    }
    void crash_within(std::uint64_t operations) {
        disk_.crash_after_operation(disk_.operations() + 1 + random_.below(operations));
    }

    bool start(Process& process) {
        const auto started = process.start();
        if (started && !*started) verdict_.violate("starts", started->error().to_string());
        return started && started->has_value();
    }

    // False when the disk crashed on the way, or something does not hold.
    bool check(Process& process) {
        if (!topics_.create_planned(process) || !topics_.check(process)) return false;
        for (auto& history : histories_) {
            const auto found = read_all(process, history, verdict_);
            if (!found) return false;
            check_partition(history, *found, facts_, verdict_);
            if (!verdict_.holds()) return false;
        }
        for (auto& committer : committers_) {
            if (!committer.check(process)) return false;
        }
        for (auto& member : members_) {
            if (!member.check(process)) return false;
        }
        options_.tell("operation " + std::to_string(disk_.operations()) + ": checked");
        if (facts_.end != End::kCleanStop) ++verdict_.counts.recoveries;
        facts_ = {};
        return verdict_.holds();
    }

    void work(Process& process) {
        for (std::size_t step = 0; step < options_.steps && !disk_.is_crashed() && verdict_.holds(); ++step) {
            act(process);
            process.pass(random_.chance(4) ? micros(random_.below(1'500'000)) : micros(random_.below(400)));
        }
    }

    void act(Process& process) {
        const auto choice = random_.below(100);
        if (choice < 62) return producers_[random_.below(producers_.size())].step(process);
        if (choice < 78) return consumers_[random_.below(consumers_.size())].step(process);
        if (choice < 86) return committers_[random_.below(committers_.size())].step(process);
        if (choice < 92) return members_[random_.below(members_.size())].step(process);
        if (choice < 96) return topics_.step(process);
        auto& history = histories_[random_.below(histories_.size())];
        if (history.plan().may_be_cut_short) topics_.delete_records(process, history);
    }

    void end(Process& process, bool started, End wanted) {
        End happened = wanted;
        if (verdict_.holds() && wanted == End::kCleanStop && started) happened = stop(process);
        options_.tell("operation " + std::to_string(disk_.operations()) + ": " + (started ? "" : "while starting: ") +
                      name_of(happened));
        note_end(process, happened);
        lost_power_ = happened == End::kPowerLost || (lost_power_ && happened != End::kCleanStop);
        if (happened == End::kPowerLost) {
            disk_.power_fails(options_.loss.value_or(choose_loss()));
            ++boot_;
            ++verdict_.counts.power_losses;
        } else if (happened == End::kProcessDied) {
            disk_.process_dies();
            ++verdict_.counts.process_deaths;
        } else if (verdict_.holds()) {
            ++verdict_.counts.clean_stops;
        } else {
            disk_.process_dies();
        }
        process.take_apart();
        for (auto& producer : producers_) producer.process_ended();
        for (auto& consumer : consumers_) consumer.process_ended();
        for (auto& committer : committers_) committer.process_ended();
        for (auto& member : members_) member.process_ended();
        topics_.process_ended();
    }

    // Some orderly stops are overtaken by a power loss.
    End stop(Process& process) {
        if (random_.chance(25) && !options_.power_fails_after && facts_.end == End::kCleanStop) crash_within(80);
        const auto stopped = process.stop();
        disk_.crash_after_operation(0);
        if (!stopped) return End::kPowerLost;
        if (!*stopped) verdict_.violate("stops", stopped->error().to_string());
        return End::kCleanStop;
    }

    void note_end(Process& process, End happened) {
        process.for_each_partition([&](const TopicPartition& name, replica::Partition& partition) {
            for (auto& history : histories_) {
                if (history.name() == name.to_string()) history.saw_end(partition.bounds().high_watermark);
            }
        });
        const auto wal = process.wal_counters();
        verdict_.counts.wal_commits += wal.commits;
        verdict_.counts.wal_entries += wal.entries;
        const auto cleaner = process.cleaner_stats();
        verdict_.counts.compactions += cleaner.runs;
        verdict_.counts.segments_expired += cleaner.segments_deleted;
        note_errors(process);
        facts_.end = std::max(facts_.end, happened);
        facts_.at = process.now();
    }

    // A power loss may be reported as damage, and again until the high watermark checkpoint is written anew; nothing else
    // and never otherwise.
    void note_errors(Process& process) {
        for (const auto& line : process.errors()) {
            const auto constant = line.substr(0, line.find_last_of(' ', line.find('=')));
            ++verdict_.counts.error_lines[constant];
            options_.tell("error " + line);
            const bool is_damage = constant == "log: stored bytes are damaged" ||
                                   constant == "app: the write-ahead log is damaged" ||
                                   constant == "handlers: partition is damaged, it is served up to there";
            if (!is_damage || !lost_power_) verdict_.violate("errors", line);
        }
    }

    sim::Loss choose_loss() {
        const auto choice = random_.below(100);
        return choice < 50   ? sim::Loss::kSubset
               : choice < 75 ? sim::Loss::kPrefix
               : choice < 90 ? sim::Loss::kAll
                             : sim::Loss::kNone;
    }

    const RoundOptions options_;
    Random random_;
    Settings settings_;
    sim::Disk disk_;
    Verdict verdict_;
    const std::vector<TopicPlan> plans_;
    std::deque<History> histories_;
    TopicsClient topics_;
    std::deque<Producer> producers_;
    std::deque<Consumer> consumers_;
    std::deque<Committer> committers_;
    std::deque<Member> members_;
    EndFacts facts_;           // the worst end since the last check, and when
    bool lost_power_ = false;  // since the last orderly stop
    std::uint64_t boot_ = 1;
    std::uint64_t first_life_ = 0;
};

}  // namespace

RoundResult run_round(const RoundOptions& options) { return Round{options}.run(); }

std::string repro_line(const RoundOptions& options) {
    const char* mode = options.mode == Mode::kSynced ? "synced" : options.mode == Mode::kReplicated ? "replicated" : "mixed";
    std::string line = "moldau-power-loss --seed " + std::to_string(options.seed) + " --rounds 1 --mode " + mode;
    if (options.power_fails_after) {
        line += " --power-fails-after " + std::to_string(*options.power_fails_after);
        if (options.loss) line += " --loss " + std::to_string(static_cast<int>(*options.loss));
    }
    return line;
}

}  // namespace moldau::power_loss
