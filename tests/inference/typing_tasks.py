"""What a type checker infers; `test_types` runs pyright over it. It is never executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pydantic
from hubsmith import (
    AsyncInferenceClient,
    AsyncStream,
    AudioClassificationOutputElement,
    AudioToAudioOutputElement,
    AutomaticSpeechRecognitionOutput,
    ChatCompletionInputMessage,
    ChatCompletionInputMessageDict,
    ChatCompletionOutput,
    ChatCompletionStreamOutput,
    DepthEstimationOutput,
    DocumentQuestionAnsweringOutputElement,
    FillMaskOutputElement,
    ImageClassificationOutputElement,
    ImageSegmentationOutputElement,
    ImageToTextOutput,
    InferenceClient,
    ObjectDetectionOutputElement,
    ParsedChatCompletionOutput,
    QuestionAnsweringOutputElement,
    RawResponse,
    Stream,
    SummarizationOutput,
    TableQuestionAnsweringOutputElement,
    TextClassificationOutputElement,
    TextGenerationOutput,
    TextGenerationStreamOutput,
    TokenClassificationOutputElement,
    TranslationOutput,
    VideoClassificationOutputElement,
    VisualQuestionAnsweringOutputElement,
    ZeroShotClassificationOutputElement,
    ZeroShotImageClassificationOutputElement,
    ZeroShotObjectDetectionOutputElement,
    merge_chunks,
)
from hubsmith.tasks import SummarizationRequest
from numpy.typing import NDArray
from PIL.Image import Image
from typing_extensions import assert_type


class Person(pydantic.BaseModel):
    name: str


def every_task(client: InferenceClient) -> None:
    assert_type(client.audio_classification(b""), list[AudioClassificationOutputElement])
    assert_type(client.audio_to_audio("a.wav"), list[AudioToAudioOutputElement])
    assert_type(client.automatic_speech_recognition(b""), AutomaticSpeechRecognitionOutput)
    assert_type(client.text_to_speech("a"), bytes)
    assert_type(client.text_to_audio("a"), bytes)
    assert_type(client.image_classification(b""), list[ImageClassificationOutputElement])
    assert_type(client.image_segmentation(b""), list[ImageSegmentationOutputElement])
    assert_type(client.image_segmentation(b"")[0].mask, Image)
    assert_type(client.image_to_image(b"", "a", strength=1), Image)
    assert_type(client.image_text_to_image(prompt="a"), Image)
    assert_type(client.image_to_text(b""), ImageToTextOutput)
    assert_type(client.image_to_video(b"", target_size={"width": 1, "height": 1}), bytes)
    assert_type(client.image_text_to_video(prompt="a"), bytes)
    assert_type(client.depth_estimation(b""), DepthEstimationOutput)
    assert_type(client.object_detection(b""), list[ObjectDetectionOutputElement])
    assert_type(client.text_to_image("a"), Image)
    assert_type(client.text_to_video("a"), bytes)
    assert_type(client.video_classification(b""), list[VideoClassificationOutputElement])
    assert_type(
        client.zero_shot_image_classification(b"", ["a", "b"]),
        list[ZeroShotImageClassificationOutputElement],
    )
    assert_type(
        client.zero_shot_object_detection(b"", ["a"]), list[ZeroShotObjectDetectionOutputElement]
    )
    assert_type(
        client.document_question_answering(b"", "a"), list[DocumentQuestionAnsweringOutputElement]
    )
    assert_type(
        client.visual_question_answering(b"", "a"), list[VisualQuestionAnsweringOutputElement]
    )
    assert_type(client.feature_extraction(["a", "b"]), NDArray[numpy.float32])
    assert_type(client.fill_mask("a"), list[FillMaskOutputElement])
    assert_type(client.fill_mask("a")[0].score, float)
    assert_type(client.sentence_similarity("a", ["b"]), list[float])
    assert_type(client.summarization("a"), SummarizationOutput)
    assert_type(
        client.table_question_answering({"a": ["1"]}, "b"), TableQuestionAnsweringOutputElement
    )
    assert_type(client.text_classification("a"), list[TextClassificationOutputElement])
    assert_type(client.token_classification("a"), list[TokenClassificationOutputElement])
    assert_type(client.translation("a", src_lang="en", tgt_lang="fr"), TranslationOutput)
    assert_type(
        client.zero_shot_classification("a", ["b"]), list[ZeroShotClassificationOutputElement]
    )
    assert_type(client.tabular_classification({"a": [1]}), list[str | int | float])
    assert_type(client.tabular_regression({"a": [1]}), list[float])


def questions(client: InferenceClient) -> None:
    assert_type(client.question_answering("a", "b"), QuestionAnsweringOutputElement)
    assert_type(client.question_answering("a", "b", top_k=2), list[QuestionAnsweringOutputElement])


def text_generation(client: InferenceClient, is_detailed: bool, is_stream: bool) -> None:
    assert_type(client.text_generation("a"), str)
    assert_type(client.text_generation("a", details=True), TextGenerationOutput)
    assert_type(client.text_generation("a", stream=True), Stream[str])
    assert_type(
        client.text_generation("a", details=True, stream=True), Stream[TextGenerationStreamOutput]
    )
    assert_type(
        client.text_generation("a", details=is_detailed, stream=is_stream),
        Stream[str] | Stream[TextGenerationStreamOutput] | TextGenerationOutput | str,
    )


def chat(client: InferenceClient, is_stream: bool) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    answer = client.chat_completion(messages)
    assert_type(answer, ChatCompletionOutput)
    assert_type(answer.choices[0].message.content, str | None)
    typed = ChatCompletionInputMessage(role="user", content="Hi")
    client.chat_completion([typed, answer.choices[0].message, *messages])
    assert_type(client.chat_completion(messages, stream=True), Stream[ChatCompletionStreamOutput])
    assert_type(
        client.chat_completion(messages, stream=is_stream),
        Stream[ChatCompletionStreamOutput] | ChatCompletionOutput,
    )
    parsed = client.chat_completion(messages, response_format=Person)
    assert_type(parsed, ParsedChatCompletionOutput[Person])
    assert_type(parsed.choices[0].message.parsed, Person | None)
    as_dict = client.chat_completion(messages, response_format={"type": "json_object"})
    assert_type(as_dict, ChatCompletionOutput)
    with client.chat.completions.create(messages=messages, stream=True) as stream:
        for chunk in stream:
            assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(client.chat.completions.create(messages=messages), ChatCompletionOutput)


def objects_as_dicts(client: InferenceClient, opened: Image) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    for_model: ChatCompletionInputMessageDict = {"role": "user", "content": "Hi"}
    pictured: ChatCompletionInputMessageDict = {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": picture}}
            for picture in (Path("cat.png"), "cat.png", "https://a.example/cat.png", b"", opened)
        ],
    }
    answer = client.chat_completion(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Who?"}, image]},
            {"role": "tool", "tool_call_id": "a", "content": "{}"},
            for_model,
            pictured,
            ChatCompletionInputMessage(role="user", content=[{"type": "text", "text": "Who?"}]),
        ],
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        tool_choice={"function": {"name": "f"}},
        stream_options={"include_usage": True},
    )
    assert_type(answer, ChatCompletionOutput)
    messages = [{"role": "user", "content": "Hi"}]
    messages.append({"role": "user", "content": "Who?"})
    client.chat_completion(messages=messages)
    mixed: list[dict[str, Any]] = [{"role": "user", "content": [image]}]
    client.chat_completion(messages=mixed)
    client.chat_completion(messages=[for_model])
    size = {"width": 1, "height": 1}
    client.image_to_image(b"", "a", target_size=size)
    client.image_to_image(b"", "a", target_size={"width": 1, "height": 1})
    client.automatic_speech_recognition(b"", generation_parameters={"max_new_tokens": 1})
    client.text_generation("a", grammar={"type": "json", "value": {}})


async def every_task_awaited(client: AsyncInferenceClient) -> None:
    assert_type(await client.audio_classification(b""), list[AudioClassificationOutputElement])
    assert_type(await client.audio_to_audio("a.wav"), list[AudioToAudioOutputElement])
    assert_type(await client.automatic_speech_recognition(b""), AutomaticSpeechRecognitionOutput)
    assert_type(await client.text_to_speech("a"), bytes)
    assert_type(await client.text_to_audio("a"), bytes)
    assert_type(await client.image_classification(b""), list[ImageClassificationOutputElement])
    assert_type(await client.image_segmentation(b""), list[ImageSegmentationOutputElement])
    assert_type((await client.image_segmentation(b""))[0].mask, Image)
    assert_type(await client.image_to_image(b"", "a", strength=1), Image)
    assert_type(await client.image_text_to_image(prompt="a"), Image)
    assert_type(await client.image_to_text(b""), ImageToTextOutput)
    assert_type(await client.image_to_video(b"", target_size={"width": 1, "height": 1}), bytes)
    assert_type(await client.image_text_to_video(prompt="a"), bytes)
    assert_type(await client.depth_estimation(b""), DepthEstimationOutput)
    assert_type(await client.object_detection(b""), list[ObjectDetectionOutputElement])
    assert_type(await client.text_to_image("a"), Image)
    assert_type(await client.text_to_video("a"), bytes)
    assert_type(await client.video_classification(b""), list[VideoClassificationOutputElement])
    assert_type(
        await client.zero_shot_image_classification(b"", ["a", "b"]),
        list[ZeroShotImageClassificationOutputElement],
    )
    assert_type(
        await client.zero_shot_object_detection(b"", ["a"]),
        list[ZeroShotObjectDetectionOutputElement],
    )
    assert_type(
        await client.document_question_answering(b"", "a"),
        list[DocumentQuestionAnsweringOutputElement],
    )
    assert_type(
        await client.visual_question_answering(b"", "a"), list[VisualQuestionAnsweringOutputElement]
    )
    assert_type(await client.feature_extraction(["a", "b"]), NDArray[numpy.float32])
    assert_type(await client.fill_mask("a"), list[FillMaskOutputElement])
    assert_type((await client.fill_mask("a"))[0].score, float)
    assert_type(await client.sentence_similarity("a", ["b"]), list[float])
    assert_type(await client.summarization("a"), SummarizationOutput)
    assert_type(
        await client.table_question_answering({"a": ["1"]}, "b"),
        TableQuestionAnsweringOutputElement,
    )
    assert_type(await client.text_classification("a"), list[TextClassificationOutputElement])
    assert_type(await client.token_classification("a"), list[TokenClassificationOutputElement])
    assert_type(await client.translation("a", src_lang="en", tgt_lang="fr"), TranslationOutput)
    assert_type(
        await client.zero_shot_classification("a", ["b"]), list[ZeroShotClassificationOutputElement]
    )
    assert_type(await client.tabular_classification({"a": [1]}), list[str | int | float])
    assert_type(await client.tabular_regression({"a": [1]}), list[float])


async def questions_awaited(client: AsyncInferenceClient) -> None:
    assert_type(await client.question_answering("a", "b"), QuestionAnsweringOutputElement)
    assert_type(
        await client.question_answering("a", "b", top_k=2), list[QuestionAnsweringOutputElement]
    )


async def text_generation_awaited(
    client: AsyncInferenceClient, is_detailed: bool, is_stream: bool
) -> None:
    assert_type(await client.text_generation("a"), str)
    assert_type(await client.text_generation("a", details=True), TextGenerationOutput)
    assert_type(await client.text_generation("a", stream=True), AsyncStream[str])
    assert_type(
        await client.text_generation("a", details=True, stream=True),
        AsyncStream[TextGenerationStreamOutput],
    )
    assert_type(
        await client.text_generation("a", details=is_detailed, stream=is_stream),
        AsyncStream[str] | AsyncStream[TextGenerationStreamOutput] | TextGenerationOutput | str,
    )


async def chat_awaited(client: AsyncInferenceClient, is_stream: bool) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    assert_type(await client.chat_completion(messages), ChatCompletionOutput)
    assert_type(
        await client.chat_completion(messages, stream=True),
        AsyncStream[ChatCompletionStreamOutput],
    )
    assert_type(
        await client.chat_completion(messages, stream=is_stream),
        AsyncStream[ChatCompletionStreamOutput] | ChatCompletionOutput,
    )
    assert_type(await client.chat.completions.create(messages=messages), ChatCompletionOutput)
    parsed = await client.chat.completions.create(messages=messages, response_format=Person)
    assert_type(parsed.choices[0].message.parsed, Person | None)
    async with await client.chat.completions.create(messages=messages, stream=True) as stream:
        async for chunk in stream:
            assert_type(chunk.choices[0].delta.content, str | None)


def beside_the_tasks(client: InferenceClient) -> None:
    assert_type(client.post(json={}, model="a/b"), RawResponse[Any])
    assert_type(client.get_endpoint_info(), dict[str, Any])
    assert_type(client.health_check(), bool)
    for done in client.map([SummarizationRequest(text="a")], model="a/b", concurrency=2):
        assert_type(done.value, SummarizationOutput)
    assert_type(merge_chunks(client.chat_completion([], stream=True)).content, str | None)
    streamed = client.with_raw_response.chat_completion([], stream=True)
    assert_type(streamed, RawResponse[Stream[ChatCompletionStreamOutput]])


async def beside_the_tasks_awaited(client: AsyncInferenceClient) -> None:
    assert_type(await client.post(data=b"", model="a/b"), RawResponse[Any])
    assert_type(await client.get_endpoint_info(), dict[str, Any])
    assert_type(await client.health_check(), bool)
    async for done in client.map([("1", SummarizationRequest(text="a"))], rate=2):
        assert_type(done.value, SummarizationOutput)
    streamed = await client.with_raw_response.text_generation("a", stream=True)
    assert_type(streamed, RawResponse[AsyncStream[str]])


def raw(client: InferenceClient) -> None:
    assert_type(client.with_raw_response.fill_mask("a"), RawResponse[list[FillMaskOutputElement]])
    assert_type(client.with_raw_response.text_generation("a"), RawResponse[str])


def wrong(client: InferenceClient) -> None:
    client.fill_mask(1)  # pyright: ignore[reportArgumentType]  # not a text
    client.chat_completion("Hi")  # pyright: ignore[reportArgumentType, reportCallIssue]  # not a list of messages
    client.text_to_image("a", widht=1)  # pyright: ignore[reportCallIssue]  # misspelt
    client.token_classification("a", aggregation_strategy="all")  # pyright: ignore[reportArgumentType]  # no such choice
    client.zero_shot_classification("a", "b")  # pyright: ignore[reportArgumentType]  # not a list
    client.chat_completion([1])  # pyright: ignore[reportArgumentType, reportCallIssue]  # not a message
    message: ChatCompletionInputMessageDict = {"rol": "user"}  # pyright: ignore[reportAssignmentType]  # misspelt
    client.chat_completion([message])
    client.image_to_video(b"", {"width": 1})  # pyright: ignore[reportCallIssue]  # by keyword only


async def awaited(client: AsyncInferenceClient) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    assert_type(await client.fill_mask("a"), list[FillMaskOutputElement])
    assert_type(await client.text_to_image("a"), Image)
    assert_type(await client.text_generation("a", stream=True), AsyncStream[str])
    assert_type(await client.chat_completion(messages), ChatCompletionOutput)
    async with await client.chat.completions.create(messages=messages, stream=True) as stream:
        async for chunk in stream:
            assert_type(chunk, ChatCompletionStreamOutput)
    parsed = await client.chat_completion(messages, response_format=Person)
    assert_type(parsed, ParsedChatCompletionOutput[Person])
    assert_type(
        await client.with_raw_response.fill_mask("a"), RawResponse[list[FillMaskOutputElement]]
    )
