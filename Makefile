# Everything that a person does here has a target: `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup build run test images e2e demo check asan tsan bench microbench fuzz format clean

FUZZ_SECONDS ?= 60
ARGS ?=
SOURCES = git ls-files --cached --others --exclude-standard '*.cc' '*.h'

help: ## list the targets
	@sed -nE 's/^([a-z0-9]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## install what is missing (Debian 12 packages)
	@tools/setup

build: setup ## build release into build/release/bin
	@tools/build release moldau-broker moldau

run: build ## build release and start a broker on 127.0.0.1:9092, data in ./moldau-data; ARGS="-o key=value"
	@exec build/release/bin/moldau-broker $(ARGS)

test: ## build and run all tests, those with real clients too; ARGS=--kubernetes: also the core of those on Kubernetes
	@tools/setup --clients
	@tools/build dev
	@tools/test $(ARGS)

images: ## build release and the container images of it, into build/images
	@tools/setup --kube
	@tools/build release moldau-broker moldau-operator moldau
	@docker/images

e2e: ## run all scenarios on a Kubernetes of three nodes made here, or that of E2E_KUBECONFIG; ARGS="-m smoke"
	@[ -n "$$E2E_KUBECONFIG" ] || { tools/setup --kube && tools/build release moldau-broker moldau-operator moldau; }
	@e2e/kubernetes/run $(ARGS)

demo: ## leave such a Kubernetes running with a Cluster, a Topic, a producer and a consumer; ARGS="down" ends it
	@tools/setup --kube
	@tools/build release moldau-broker moldau-operator moldau
	@e2e/kubernetes/demo $(ARGS)

check: setup ## check format, house rules and clang-tidy of what differs from main; CLANG_TIDY=all for every file
	@$(SOURCES) | xargs clang-format-19 --dry-run -Werror
	@tools/tidy
	@tools/clang_tidy

asan: setup ## unit tests under the address and undefined behaviour sanitizers
	@tools/build asan
	@tools/test --preset asan --unit

tsan: setup ## unit tests under the thread sanitizer
	@tools/build tsan
	@tools/test --preset tsan --unit

bench: ## race Moldau against Apache Kafka, half an hour, and write docs/benchmarks.md; ARGS="--rounds 3 --lines latency"
	@tools/setup --clients
	@bench/run $(ARGS)

microbench: setup ## build and run every microbenchmark; ARGS="--benchmark_filter=..."
	@tools/microbench $(ARGS)

fuzz: setup ## run every fuzzer for FUZZ_SECONDS (60), or those named in ARGS
	@tools/build fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz $(ARGS)

format: setup ## format all C++ sources in place
	@$(SOURCES) | xargs clang-format-19 -i

clean: ## remove all that was built
	rm -rf build
