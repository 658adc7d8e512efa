"""The Chinese form of every text of `jingpai serve`, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVE: Mapping[str, str] = MappingProxyType(
    {
        "Serve a rerank endpoint over HTTP; each flag is a variable too: --port JINGPAI_PORT.": (
            "通过 HTTP 提供精排接口；每个选项都有环境变量：--port 即 JINGPAI_PORT。"
        ),
        "What to load, or NAME=MODEL to call it NAME; several times for several, the default model"
        " first. The bundled model without it.": (
            "要加载的模型；写 NAME=MODEL 可另起名称。"
            "可多次给出，第一个为默认模型。不给则用内置模型。"
        ),
        "Refuse requests for models that are not loaded; without it the default model answers"
        " them.": "拒绝对未加载模型的请求；不加此项则由默认模型应答。",
        "A file of jingpai calibrate for the default model, or NAME=FILE for the one called NAME;"
        " several times for several.": (
            "jingpai calibrate 为默认模型生成的文件；用 NAME=FILE 指定名为 NAME 的模型，"
            "可多次给出。"
        ),
        "Load no more models than fit into so much memory of the process.": (
            "进程加载模型后最多占用的内存；超出则不启动。"
        ),
        "Address to listen on; 0.0.0.0 is all of this computer's, and needs a key.": (
            "监听地址；0.0.0.0 为本机的全部地址，此时必须设置密钥。"
        ),
        "Port to listen on; 0 takes a free one.": "监听端口；0 表示任选一个空闲端口。",
        "Processes, each with models of its own.": "进程数，每个进程各自加载模型。",
        "local serves from this process; ray, from replicas on Ray.": (
            "local 由本进程提供服务；ray 由 Ray 上的副本提供。"
        ),
        "On Ray: replicas, each with models of its own; one without it.": (
            "在 Ray 上：副本数，每个副本各自加载模型；默认 1 个。"
        ),
        "On Ray: replicas there may be while many tokens wait.": (
            "在 Ray 上：排队的 token 多时，最多可有多少个副本。"
        ),
        "On Ray: a cluster to join, such as auto or 10.0.0.1:6379; without it Ray is started on"
        " this computer.": (
            "在 Ray 上：要加入的集群，例如 auto 或 10.0.0.1:6379；不给则在本机启动 Ray。"
        ),
        "starting on Ray, which takes a while": "正在 Ray 上启动，需要一些时间",
        "ready, where Ray Serve listens on this cluster": (
            "已就绪，地址为该集群上 Ray Serve 的监听地址"
        ),
        "Prefix under which a proxy in front shows the server, such as /rerank-api.": (
            "前置代理对外使用的路径前缀，例如 /rerank-api。"
        ),
        "A key of which requests must show one; several times for several. On the command line"
        " other users of this computer can read it; the variable and the file are safer.": (
            "请求须携带的密钥，可多次给出。写在命令行上会被本机其他用户看到，"
            "用环境变量或文件更安全。"
        ),
        "A file with keys, one a line.": "密钥文件，每行一个。",
        "Let other computers in without a key.": "允许其他计算机不带密钥访问。",
        "Largest body of a request.": "单个请求体的最大字节数。",
        "Largest sum of the bodies that are in memory at once.": (
            "同时在内存中的请求体合计最大字节数。"
        ),
        "How long a body may take to arrive.": "接收请求体的最长时间（秒）。",
        "Most documents of a request.": "单个请求的最多文档数。",
        "Most characters of a document.": "单篇文档的最多字符数。",
        "Tokens that may wait for a model; a request over it is told to come back later.": (
            "可排队等待模型的 token 数；超出的请求会被告知稍后重试。"
        ),
        "Requests that may be in work at once.": "可同时处理的请求数。",
        "How long a request may take.": "单个请求的最长处理时间（秒）。",
        "How long a batch may take before the process counts as hung and ends; 0 waits for ever.": (
            "单个批次超过多少秒即视为卡死并结束进程；0 表示一直等待。"
        ),
        "How long to work on accepted requests when told to stop.": (
            "收到停止信号后，处理已接受请求的最长时间（秒）。"
        ),
        "Origin of web pages that may call, such as https://app.example.com; several times for"
        " several.": "允许调用的网页来源，例如 https://app.example.com；可多次给出。",
        "text, or json for machines.": "日志格式：text，或便于程序读取的 json。",
        "debug, info, warning or error.": "日志级别：debug、info、warning 或 error。",
        "Log the texts of requests, to find faults.": "在日志中记录请求的文本，仅供排错。",
        "Serve metrics for Prometheus.": "提供 Prometheus 指标（/metrics）。",
        "Where OpenTelemetry traces go, such as http://localhost:4318/v1/traces.": (
            "OpenTelemetry 追踪数据的发送地址，例如 http://localhost:4318/v1/traces。"
        ),
        "--api-key-file: there is no key in {file}; write one a line": (
            "--api-key-file：{file} 中没有密钥；请每行写一个"
        ),
        "--{flag}: got {text!r}; allowed are sizes such as 16MB, 16MiB or 16000000": (
            "--{flag}：{text!r} 不可用；应为大小，例如 16MB、16MiB 或 16000000"
        ),
        "--host {host}: other computers reach this address, and no API key is set. Set one:\n"
        "  {with_key}\n"
        "or, if everyone who reaches it may use it:\n"
        "  {without_key}": (
            "--host {host}：其他计算机可以访问此地址，但没有设置 API 密钥。请设置密钥：\n"
            "  {with_key}\n"
            "若任何能访问的人都可以使用：\n"
            "  {without_key}"
        ),
        "this computer only; --host 0.0.0.0 opens it to others": (
            "仅限本机；加 --host 0.0.0.0 可对外开放"
        ),
        "open to other computers": "其他计算机可访问",
        "models: {models}": "模型：{models}",
        "API key: needed": "API 密钥：需要",
        "API key: none needed": "API 密钥：不需要",
        "try it:": "试一试：",
    }
)
