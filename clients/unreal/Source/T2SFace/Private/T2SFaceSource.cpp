// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
#include "T2SFaceSource.h"

#include "HAL/PlatformTime.h"
#include "ILiveLinkClient.h"
#include "IWebSocket.h"
#include "Modules/ModuleManager.h"
#include "Roles/LiveLinkBasicRole.h"
#include "Roles/LiveLinkBasicTypes.h"
#include "WebSocketsModule.h"

#define LOCTEXT_NAMESPACE "T2SFace"

IMPLEMENT_MODULE(FDefaultModuleImpl, T2SFace)

namespace
{
const TCHAR* DefaultUrl = TEXT("ws://127.0.0.1:8760/ws");
constexpr double RetrySeconds = 1.0;
constexpr double PingSeconds = 1.0;
constexpr int Window = 12;

int64 NowNs()
{
    return static_cast<int64>(FPlatformTime::Seconds() * 1e9);
}
}

FT2SFaceSource::FT2SFaceSource(const FString& InUrl) : Url(InUrl.IsEmpty() ? FString(DefaultUrl) : InUrl)
{
}

FT2SFaceSource::~FT2SFaceSource()
{
    Disconnect();
}

void FT2SFaceSource::ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid)
{
    Client = InClient;
    Subject = FLiveLinkSubjectKey(InSourceGuid, FName(TEXT("T2SFace")));
}

bool FT2SFaceSource::IsSourceStillValid() const
{
    return Client != nullptr;
}

bool FT2SFaceSource::RequestSourceShutdown()
{
    Disconnect();
    Client = nullptr;
    return true;
}

FText FT2SFaceSource::GetSourceType() const
{
    return LOCTEXT("Type", "T2S singing face");
}

FText FT2SFaceSource::GetSourceMachineName() const
{
    return FText::FromString(Url);
}

FText FT2SFaceSource::GetSourceStatus() const
{
    return Status;
}

TStatId FT2SFaceSource::GetStatId() const
{
    RETURN_QUICK_DECLARE_CYCLE_STAT(FT2SFaceSource, STATGROUP_Tickables);
}

void FT2SFaceSource::Connect()
{
    FWebSocketsModule& Sockets = FModuleManager::LoadModuleChecked<FWebSocketsModule>(TEXT("WebSockets"));
    Socket = Sockets.CreateWebSocket(Url, FString(t2s::kSubProtocol));
    Status = LOCTEXT("Connecting", "Connecting");
    Message.Reset();
    Socket->OnRawMessage().AddLambda([this](const void* Data, SIZE_T Size, SIZE_T BytesRemaining)
    {
        Message.Append(static_cast<const uint8*>(Data), static_cast<int32>(Size));
        if (BytesRemaining > 0) return;
        Take(Message.GetData(), Message.Num());
        Message.Reset();
    });
    Socket->OnConnectionError().AddLambda([this](const FString& Error)
    {
        Status = FText::FromString(Error);
        RetryAtSeconds = FPlatformTime::Seconds() + RetrySeconds;
    });
    Socket->OnClosed().AddLambda([this](int32, const FString& Reason, bool)
    {
        Status = FText::FromString(Reason);
        RetryAtSeconds = FPlatformTime::Seconds() + RetrySeconds;
    });
    RetryAtSeconds = TNumericLimits<double>::Max();
    Socket->Connect();
}

void FT2SFaceSource::Disconnect()
{
    if (!Socket) return;
    Socket->OnRawMessage().Clear();
    Socket->OnConnectionError().Clear();
    Socket->OnClosed().Clear();
    Socket->Close();
    Socket.Reset();
}

void FT2SFaceSource::Say(const t2s::Writer::Bytes& Bytes)
{
    Socket->Send(Bytes.data(), Bytes.size(), true);
}

void FT2SFaceSource::Take(const void* Data, SIZE_T Size)
{
    switch (Reader.read(Data, Size))
    {
    case t2s::Kind::kHello:
        Status = LOCTEXT("Connected", "Connected");
        Playback = t2s::Playback(Reader.hello.sample_rate_hz, Reader.hello.frame_samples);
        Clock = t2s::ServerClock();
        PushNames();
        Say(Writer.subscribe({"arkit"}, 60, Window));
        break;
    case t2s::Kind::kFrame:
        Playback.push(Reader.frame, NowNs() * 1e-6);
        Say(Writer.ack(Reader.frame.seq));
        break;
    case t2s::Kind::kPong:
        Clock.answer(Reader.pong, NowNs());
        break;
    case t2s::Kind::kMalformed:
        Status = LOCTEXT("Malformed", "The engine sent what is no message of protocol 1.");
        Socket->Close();
        break;
    default:
        break;
    }
}

void FT2SFaceSource::PushNames()
{
    FLiveLinkStaticDataStruct Names(FLiveLinkBaseStaticData::StaticStruct());
    for (const std::string& Name : Reader.hello.arkit)
    {
        Names.Cast<FLiveLinkBaseStaticData>()->PropertyNames.Add(FName(UTF8_TO_TCHAR(Name.c_str())));
    }
    Client->PushSubjectStaticData_AnyThread(Subject, ULiveLinkBasicRole::StaticClass(), MoveTemp(Names));
}

void FT2SFaceSource::Tick(float)
{
    const double NowSeconds = FPlatformTime::Seconds();
    if (NowSeconds >= RetryAtSeconds)
    {
        Disconnect();
        Connect();
    }
    if (!Socket || !Socket->IsConnected()) return;
    if (NowSeconds >= PingAtSeconds)
    {
        PingAtSeconds = NowSeconds + PingSeconds;
        Say(Writer.ping(NowNs()));
    }
    if (!Playback.sample(NowNs() * 1e-6, Shown)) return;
    FLiveLinkFrameDataStruct Face(FLiveLinkBaseFrameData::StaticStruct());
    FLiveLinkBaseFrameData* Data = Face.Cast<FLiveLinkBaseFrameData>();
    Data->WorldTime = FLiveLinkWorldTime(NowSeconds);
    Data->PropertyValues.Append(Shown.arkit.data(), static_cast<int32>(Shown.arkit.size()));
    Client->PushSubjectFrameData_AnyThread(Subject, MoveTemp(Face));
}

FText UT2SFaceSourceFactory::GetSourceDisplayName() const
{
    return LOCTEXT("Name", "T2S singing face");
}

FText UT2SFaceSourceFactory::GetSourceTooltip() const
{
    return LOCTEXT("Tip", "Receives a face from a t2s-rt engine; the connection string is its address.");
}

TSharedPtr<ILiveLinkSource> UT2SFaceSourceFactory::CreateSource(const FString& ConnectionString) const
{
    return MakeShared<FT2SFaceSource>(ConnectionString);
}

#undef LOCTEXT_NAMESPACE
